//! The bytes of a cursor: numbers in LEB128, snapshots as distances from their end.

use syncline_domain::{
    hlc::UnixMillis,
    identifier::DocumentKey,
    snapshot::{Snapshot, TransactionId},
};

use super::Cursor;
use crate::ports::{Incarnation, Position, Seen, SharedPosition};

const FORMAT: u8 = 1;
const HAS_OWN: u8 = 1;
const HAS_PAGING: u8 = 2;
const HAS_PAGES: u8 = 4;
const HAS_SHARED: u8 = 8;
const HAS_TOMBSTONES: u8 = 16;
const HAS_BEGUN: u8 = 32;
const ALL: u8 = HAS_OWN | HAS_PAGING | HAS_PAGES | HAS_SHARED | HAS_TOMBSTONES | HAS_BEGUN;

/// Writes a cursor whose snapshots keep at most so many transactions in progress.
pub(super) fn encode(cursor: &Cursor, max_in_progress: usize) -> Vec<u8> {
    let Seen { begin, own, paging } = &cursor.seen;
    let flag = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
    let flags = flag(own.is_some(), HAS_OWN)
        | flag(paging.is_some(), HAS_PAGING)
        | flag(cursor.pages_read_at.is_some(), HAS_PAGES)
        | flag(cursor.shared.is_some(), HAS_SHARED)
        | flag(cursor.tombstones, HAS_TOMBSTONES)
        | flag(cursor.begun_from.is_some(), HAS_BEGUN);
    let mut bytes = vec![FORMAT, flags];
    bytes.extend_from_slice(&cursor.incarnation.0);
    put_number(&mut bytes, cursor.time.0);
    put_snapshot(&mut bytes, begin, max_in_progress);
    if let Some(own) = own {
        put_number(&mut bytes, *own);
    }
    if let Some(time) = cursor.pages_read_at {
        put_number(&mut bytes, time.0);
    }
    if let Some(time) = cursor.begun_from {
        put_number(&mut bytes, time.0);
    }
    if let Some((end, position)) = paging {
        put_snapshot(&mut bytes, end, max_in_progress);
        put_number(&mut bytes, position.transaction);
        bytes.extend_from_slice(position.key.as_str().as_bytes());
    } else if let Some((end, position)) = &cursor.shared {
        put_snapshot(&mut bytes, end, max_in_progress);
        put_number(&mut bytes, position.namespace);
        let key = position.key.as_ref().map_or("", DocumentKey::as_str);
        bytes.extend_from_slice(key.as_bytes());
    }
    bytes
}

/// Reads a cursor; none if the bytes are not one.
pub(super) fn decode(bytes: &[u8]) -> Option<Cursor> {
    let mut rest = bytes;
    let [format, flags] = *take::<2>(&mut rest)?;
    let both = HAS_PAGING | HAS_SHARED;
    if format != FORMAT || flags > ALL || flags & both == both {
        return None;
    }
    let incarnation = Incarnation(*take::<16>(&mut rest)?);
    let time = UnixMillis(take_number(&mut rest)?);
    let begin = take_snapshot(&mut rest)?;
    let mut take_if = |flag: u8| match flags & flag {
        0 => Some(None),
        _ => take_number(&mut rest).map(Some),
    };
    let own = take_if(HAS_OWN)?;
    let pages_read_at = take_if(HAS_PAGES)?.map(UnixMillis);
    let begun_from = take_if(HAS_BEGUN)?.map(UnixMillis);
    let (mut paging, mut shared) = (None, None);
    if flags & both != 0 {
        let end = take_snapshot(&mut rest)?;
        let number = take_number(&mut rest)?;
        let key = std::str::from_utf8(rest).ok()?;
        if flags & HAS_PAGING == 0 {
            shared = Some((end, shared_position(number, key)?));
        } else {
            let key = DocumentKey::new(key).ok()?;
            let transaction = number;
            paging = Some((end, Position { transaction, key }));
        }
    } else if !rest.is_empty() {
        return None;
    }
    let seen = Seen { begin, own, paging };
    Some(Cursor {
        incarnation,
        time,
        begun_from,
        seen,
        shared,
        tombstones: flags & HAS_TOMBSTONES != 0,
        pages_read_at,
    })
}

fn shared_position(namespace: u64, key: &str) -> Option<SharedPosition> {
    let key = (!key.is_empty()).then(|| DocumentKey::new(key));
    Some(SharedPosition {
        namespace,
        key: key.transpose().ok()?,
    })
}

fn put_snapshot(bytes: &mut Vec<u8>, snapshot: &Snapshot, max_in_progress: usize) {
    let lowered = snapshot.in_progress().get(max_in_progress).copied();
    let snapshot = snapshot
        .clone()
        .before(lowered.unwrap_or(TransactionId::MAX));
    put_number(bytes, snapshot.end());
    put_number(bytes, snapshot.in_progress().len() as u64);
    let mut previous = snapshot.end();
    for transaction in snapshot.in_progress().iter().rev() {
        put_number(bytes, previous - transaction);
        previous = *transaction;
    }
}

fn take_snapshot(rest: &mut &[u8]) -> Option<Snapshot> {
    let end = take_number(rest)?;
    let count = take_number(rest)?;
    if count > rest.len() as u64 {
        return None;
    }
    let mut in_progress = Vec::new();
    let mut previous = end;
    for _ in 0..count {
        previous = previous.checked_sub(take_number(rest)?)?;
        in_progress.push(previous);
    }
    in_progress.reverse();
    Snapshot::new(end, in_progress).ok()
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = *take::<1>(rest)?;
        let low = u64::from(byte & 0x7f);
        if low.leading_zeros() < shift {
            return None;
        }
        number |= low << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'b, const COUNT: usize>(rest: &mut &'b [u8]) -> Option<&'b [u8; COUNT]> {
    let (taken, left) = rest.split_first_chunk::<COUNT>()?;
    *rest = left;
    Some(taken)
}
