//! Devices that edit one document offline, over a bad network.

use proptest::{collection, prelude::*};
use serde_json::{Value, json};
use syncline_domain::document::Document;

use crate::{
    device::{Network, Syncing},
    history::{cases, document},
    server::Server,
};

const DEVICES: usize = 3;

/// What a user does.
#[derive(Clone, Debug)]
enum Act {
    /// Inserts a line of its own into the shared text, after so many lines.
    Insert(usize),
    /// Sets the one of four fields.
    Set(usize),
    Edit(Document),
    Delete,
}

#[derive(Clone, Debug)]
enum Event {
    Act(Act),
    /// A sync, in the middle of which the user does something.
    Sync(Network, Option<Act>),
}

fn writing() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0usize..9).prop_map(Act::Insert),
        1 => (0usize..4).prop_map(Act::Set),
    ]
}

fn anything() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => writing(),
        3 => document().prop_map(Act::Edit),
        1 => Just(Act::Delete),
    ]
}

fn events(act: impl Strategy<Value = Act> + Clone) -> impl Strategy<Value = Vec<(usize, Event)>> {
    let network = prop_oneof![
        3 => Just(Network::Works),
        1 => Just(Network::LosesRequest),
        2 => Just(Network::LosesAnswer),
    ];
    let event = prop_oneof![
        act.clone().prop_map(Event::Act),
        (network, prop::option::of(act)).prop_map(|(network, act)| Event::Sync(network, act)),
    ];
    collection::vec((0..DEVICES, event), 1..40)
}

struct World {
    server: Server,
    devices: Vec<Syncing>,
    time: u64,
    lines: usize,
}

impl World {
    /// Devices that have all seen the same text.
    fn new() -> Self {
        let devices = (0..DEVICES)
            .map(|number| Syncing::new(&format!("device-{number}")))
            .collect();
        let mut world = Self {
            server: Server::default(),
            devices,
            time: 1_000,
            lines: 0,
        };
        world.devices[0].set("text", json!("first\nlast\n"), 1_000);
        world.sync_all();
        world
    }

    fn live(&mut self, device: usize, event: Event) {
        self.time += 10;
        let time = self.time;
        let line = format!("line {} of {device}\n", self.lines);
        self.lines += usize::from(matches!(
            event,
            Event::Act(Act::Insert(_)) | Event::Sync(_, Some(Act::Insert(_)))
        ));
        let device = &mut self.devices[device];
        match event {
            Event::Act(act) => act.happen(device, &line, time),
            Event::Sync(network, act) => device.sync(&mut self.server, network, time, |device| {
                if let Some(act) = act {
                    act.happen(device, &line, time);
                }
            }),
        }
    }

    /// Twice: what the last device pushes, the first one gets in the second round.
    fn sync_all(&mut self) {
        for _ in 0..2 {
            for device in &mut self.devices {
                self.time += 10;
                device.sync_quietly(&mut self.server, self.time);
            }
        }
    }

    fn assert_converged(&self) {
        for device in &self.devices {
            assert_eq!(device.document.pending(), None);
            assert_eq!(
                device.document.content(),
                self.devices[0].document.content()
            );
        }
    }
}

impl Act {
    fn happen(self, device: &mut Syncing, line: &str, time: u64) {
        match self {
            Self::Insert(after) => {
                let content = device.content();
                let text = content
                    .get("text")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                lines.insert(after.min(lines.len()), line);
                device.set("text", Value::from(lines.concat()), time);
            }
            Self::Set(field) => device.set(&format!("field {field}"), Value::from(time), time),
            Self::Edit(content) => device.edit(&content, time),
            Self::Delete => device.delete(time),
        }
    }
}

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn every_line_is_there_exactly_once(events in events(writing().boxed())) {
        let mut world = World::new();
        for (device, event) in events {
            world.live(device, event);
        }
        world.sync_all();
        world.assert_converged();
        let content = world.devices[0].content();
        let mut lines: Vec<&str> = content["text"].as_str().unwrap().lines().collect();
        let count = lines.len();
        lines.sort_unstable();
        lines.dedup();
        prop_assert_eq!(lines.len(), count, "a line is doubled: {:?}", content);
        prop_assert_eq!(count, world.lines + 2, "a line is lost: {:?}", content);
    }

    #[test]
    fn devices_converge_whatever_they_do(events in events(anything().boxed())) {
        let mut world = World::new();
        for (device, event) in events {
            world.live(device, event);
        }
        world.sync_all();
        world.assert_converged();
    }
}
