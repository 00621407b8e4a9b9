//! The JSON of an export, from what the store reads.

use syncline_domain::access::Namespace;

use crate::ports::{
    ExportInterrupted, ExportItem, ExportSink, ExportSnapshot, SinkClosed, StoreError,
};

/// `{ user, docs, docIndex }` of a user, `{ org, members, docs }` of an organisation.
pub(super) async fn json(
    snapshot: &mut dyn ExportSnapshot,
    namespace: &Namespace,
    sink: &mut dyn ExportSink,
) -> Result<(), ExportInterrupted> {
    let owner = snapshot.owner().await?;
    let is_personal = matches!(namespace, Namespace::Personal(_));
    if is_personal {
        text(sink, format!("{{\"user\":{owner},\"docs\":{{")).await?;
    } else {
        let members = snapshot.members().await?;
        let head = format!("{{\"org\":{owner},\"members\":{members},\"docs\":{{");
        text(sink, head).await?;
    }
    let mut last: Option<ExportItem> = None;
    loop {
        let page = snapshot.documents(last.as_ref()).await?;
        let Some(next) = page.last() else { break };
        let next = head_of(next);
        sink.take(nested(last.as_ref(), &page)?, page.len() as u64)
            .await?;
        last = Some(next);
    }
    // The last collection and its application, if there is one, then the documents.
    text(sink, last.as_ref().map_or("}", |_| "]}}").to_owned()).await?;
    if is_personal {
        entries(snapshot, sink).await?;
    }
    text(sink, "}\n".to_owned()).await
}

/// A document a line.
pub(super) async fn lines(
    snapshot: &mut dyn ExportSnapshot,
    sink: &mut dyn ExportSink,
) -> Result<(), ExportInterrupted> {
    let mut last: Option<ExportItem> = None;
    loop {
        let page = snapshot.lines(last.as_ref()).await?;
        let Some(next) = page.last() else {
            return Ok(());
        };
        last = Some(head_of(next));
        let piece: String = page
            .iter()
            .flat_map(|item| [item.text.as_str(), "\n"])
            .collect();
        sink.take(piece.into_bytes(), page.len() as u64).await?;
    }
}

async fn entries(
    snapshot: &mut dyn ExportSnapshot,
    sink: &mut dyn ExportSink,
) -> Result<(), ExportInterrupted> {
    text(sink, ",\"docIndex\":[".to_owned()).await?;
    let mut last: Option<ExportItem> = None;
    loop {
        let page = snapshot.entries(last.as_ref()).await?;
        let Some(next) = page.last() else { break };
        let comma = if last.is_some() { "," } else { "" };
        last = Some(head_of(next));
        let texts: Vec<_> = page.iter().map(|item| item.text.as_str()).collect();
        text(sink, format!("{comma}{}", texts.join(","))).await?;
    }
    text(sink, "]".to_owned()).await
}

/// Documents as members of their collections, as these are of their applications, behind `last`.
fn nested(last: Option<&ExportItem>, page: &[ExportItem]) -> Result<Vec<u8>, StoreError> {
    let mut piece = String::new();
    let mut last = last;
    for item in page {
        let same_application = last.is_some_and(|last| last.application == item.application);
        let same_collection =
            same_application && last.is_some_and(|last| last.collection == item.collection);
        if same_collection {
            piece.push(',');
        } else {
            piece.push_str(match (last, same_application) {
                (None, _) => "",
                (Some(_), true) => "],",
                (Some(_), false) => "]},",
            });
            if !same_application {
                piece.push_str(&name(&item.application)?);
                piece.push_str(":{");
            }
            piece.push_str(&name(&item.collection)?);
            piece.push_str(":[");
        }
        piece.push_str(&item.text);
        last = Some(item);
    }
    Ok(piece.into_bytes())
}

/// Where a document is, without what is said of it.
fn head_of(item: &ExportItem) -> ExportItem {
    ExportItem {
        application: item.application.clone(),
        collection: item.collection.clone(),
        key: item.key.clone(),
        text: String::new(),
    }
}

fn name(name: &str) -> Result<String, StoreError> {
    serde_json::to_string(name).map_err(|error| StoreError::Corrupt(error.to_string()))
}

async fn text(sink: &mut dyn ExportSink, text: String) -> Result<(), ExportInterrupted> {
    let taken: Result<(), SinkClosed> = sink.take(text.into_bytes(), 0).await;
    Ok(taken?)
}

#[cfg(test)]
mod tests {
    use super::nested;
    use crate::ports::ExportItem;

    fn item(application: &str, collection: &str, text: &str) -> ExportItem {
        ExportItem {
            application: application.to_owned(),
            collection: collection.to_owned(),
            key: text.to_owned(),
            text: text.to_owned(),
        }
    }

    /// However the documents are divided into pages.
    #[test]
    fn documents_are_nested_in_their_collections_and_applications() {
        let items = [
            item("a", "x", "1"),
            item("a", "x", "2"),
            item("a", "y", "3"),
            item("b", "y", "4"),
        ];
        for middle in 0..=items.len() {
            let (first, second) = items.split_at(middle);
            let mut written = nested(None, first).unwrap();
            written.extend(nested(first.last(), second).unwrap());
            let written = String::from_utf8(written).unwrap();
            assert_eq!(written, r#""a":{"x":[1,2],"y":[3]},"b":{"y":[4"#);
        }
    }
}
