//! How pokes are written in the payload of a notification: one a line, its parts between tabs. No
//! name has control characters.

use std::fmt::Write;

use syncline_application::ports::{Audience, Poke, SubjectHash};
use syncline_domain::identifier::{ApplicationName, CollectionName, OrganisationId};

/// PostgreSQL takes payloads of less than 8,000 bytes.
const MOST_BYTES: usize = 7_900;

/// The payloads that say all of it.
pub(super) fn write<'p>(pokes: impl IntoIterator<Item = &'p Poke>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for poke in pokes {
        let line = line(poke);
        match payloads.last_mut() {
            Some(last) if last.len() + 1 + line.len() <= MOST_BYTES => {
                last.push('\n');
                last.push_str(&line);
            }
            _ => payloads.push(line),
        }
    }
    payloads
}

/// What a payload says. A line that says nothing, perhaps of another version of this program, may
/// mean anything.
pub(super) fn read(payload: &str) -> Vec<Poke> {
    let poke = |line| parse(line).unwrap_or(Poke::Anything);
    payload.lines().map(poke).collect()
}

fn line(poke: &Poke) -> String {
    match poke {
        Poke::Anything => "anything".to_owned(),
        Poke::Accounts => "accounts".to_owned(),
        Poke::Membership { organisation, user } => {
            let user = user.as_ref().map(hex).unwrap_or_default();
            format!("membership\t{organisation}\t{user}")
        }
        Poke::Documents {
            audience,
            application,
            collection,
        } => {
            let (kind, id) = match audience {
                Audience::User(user) => ("user", hex(user)),
                Audience::Members(organisation) => ("members", organisation.to_string()),
                Audience::Readers(organisation) => ("readers", organisation.to_string()),
                Audience::Everybody => ("everybody", String::new()),
            };
            format!("{kind}\t{id}\t{application}\t{collection}")
        }
    }
}

fn parse(line: &str) -> Option<Poke> {
    let mut parts = line.split('\t');
    let kind = parts.next()?;
    let organisation = |id: &str| OrganisationId::new(id).ok();
    let audience = match kind {
        "accounts" => return Some(Poke::Accounts),
        "membership" => {
            let organisation = organisation(parts.next()?)?;
            let user = match parts.next()? {
                "" => None,
                user => Some(unhex(user)?),
            };
            return Some(Poke::Membership { organisation, user });
        }
        "user" => Audience::User(unhex(parts.next()?)?),
        "members" => Audience::Members(organisation(parts.next()?)?),
        "readers" => Audience::Readers(organisation(parts.next()?)?),
        "everybody" => parts.next().map(|_| Audience::Everybody)?,
        _ => return None,
    };
    Some(Poke::Documents {
        audience,
        application: ApplicationName::new(parts.next()?).ok()?,
        collection: CollectionName::new(parts.next()?).ok()?,
    })
}

fn hex(hash: &SubjectHash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<SubjectHash> {
    let mut hash = SubjectHash::default();
    if text.len() != 2 * hash.len() || !text.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use syncline_application::ports::{Audience, Poke};
    use syncline_domain::identifier::{ApplicationName, CollectionName, OrganisationId};

    use super::{MOST_BYTES, read, write};

    fn documents(audience: Audience, collection: &str) -> Poke {
        Poke::Documents {
            audience,
            application: ApplicationName::new("todo").unwrap(),
            collection: CollectionName::new(collection).unwrap(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let acme = OrganisationId::new("acme-1").unwrap();
        let member = |user| Poke::Membership {
            organisation: acme.clone(),
            user,
        };
        let pokes = vec![
            Poke::Anything,
            Poke::Accounts,
            member(None),
            member(Some([0xa7; 32])),
            documents(Audience::User([3; 32]), "tasks"),
            documents(Audience::Members(acme.clone()), "Größe \"1\""),
            documents(Audience::Readers(acme.clone()), " "),
            documents(Audience::Everybody, "x"),
        ];
        let payloads = write(&pokes);
        assert_eq!(payloads.len(), 1);
        assert_eq!(read(&payloads[0]), pokes);
    }

    #[test]
    fn payloads_are_as_long_as_the_database_takes() {
        let long = |number: u8| documents(Audience::User([number; 32]), &"ü".repeat(64));
        let pokes: Vec<_> = (0..200).map(long).collect();
        let payloads = write(&pokes);
        assert!(payloads.iter().all(|payload| payload.len() <= MOST_BYTES));
        assert!(payloads.len() < 10);
        let all: Vec<_> = payloads.iter().flat_map(|payload| read(payload)).collect();
        assert_eq!(all, pokes);
    }

    #[test]
    fn what_cannot_be_read_may_be_anything() {
        for line in [
            "something",
            "user\tabc\ttodo\ttasks",
            "members\tacme",
            "user",
        ] {
            assert_eq!(read(line), [Poke::Anything]);
        }
        assert_eq!(read(""), []);
    }
}
