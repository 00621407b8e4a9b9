//! The rules that keep the workspace a house: which crate may depend on which, and under what licence.

use std::collections::BTreeSet;

use cargo_metadata::{Dependency, DependencyKind, Error, MetadataCommand, Package};

/// The crates of the workspace and the crates of the workspace that each may depend on, tests included.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("syncline-domain", NOTHING),
    ("syncline-application", &["syncline-domain"]),
    ("syncline-postgres", INWARD),
    ("syncline-http", INWARD),
    ("syncline-identity", INWARD),
    ("syncline-client", &["syncline-domain"]),
    ("syncline-cli", EVERYTHING),
    ("syncline-tests", EVERYTHING),
    ("syncline-benches", EVERYTHING),
];

const NOTHING: &[&str] = &[];

const INWARD: &[&str] = &["syncline-application", "syncline-domain"];

const EVERYTHING: &[&str] = &[
    "syncline-application",
    "syncline-cli",
    "syncline-client",
    "syncline-domain",
    "syncline-http",
    "syncline-identity",
    "syncline-postgres",
];

/// Crates without I/O, clock or random source, which is what `domain` must stay.
const DOMAIN: &[&str] = &["serde", "serde_json", "similar", "smol_str", "thiserror"];

/// `domain` and pure libraries; `tokio` within [`TOKIO_FEATURES`].
const APPLICATION: &[&str] = &[
    "async-trait",
    "base64",
    "futures",
    "hmac",
    "jsonschema",
    "metrics",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "syncline-domain",
    "thiserror",
    "tokio",
    "tracing",
];

/// What of `tokio` needs neither a runtime nor the operating system.
const TOKIO_FEATURES: &[&str] = &["sync"];

#[test]
fn domain_depends_only_on_pure_crates() -> Result<(), Error> {
    let strangers = built_in_dependencies("syncline-domain")?
        .into_iter()
        .filter(|dependency| !DOMAIN.contains(&dependency.name.as_str()));
    assert_none(strangers.map(|dependency| {
        format!(
            "syncline-domain depends on {}: its rules do no I/O and read no clock or random source, \
             so they need only {DOMAIN:?}; take what you need as an argument, or do it in an adapter",
            dependency.name
        )
    }));
    Ok(())
}

#[test]
fn application_depends_only_on_domain_and_pure_crates() -> Result<(), Error> {
    let strangers = built_in_dependencies("syncline-application")?
        .into_iter()
        .filter(|dependency| !APPLICATION.contains(&dependency.name.as_str()));
    assert_none(strangers.map(|dependency| {
        format!(
            "syncline-application depends on {}: use cases know no SQL, no HTTP and no runtime, \
             so they need only {APPLICATION:?}; name a port and implement it in an adapter",
            dependency.name
        )
    }));
    Ok(())
}

#[test]
fn application_uses_nothing_of_tokio_that_needs_its_runtime() -> Result<(), Error> {
    let features = built_in_dependencies("syncline-application")?
        .into_iter()
        .filter(|dependency| dependency.name == "tokio")
        .flat_map(|dependency| dependency.features)
        .filter(|feature| !TOKIO_FEATURES.contains(&feature.as_str()));
    assert_none(features.map(|feature| {
        format!(
            "syncline-application uses tokio's feature {feature:?}: use cases run on any runtime, \
             so only {TOKIO_FEATURES:?} is allowed; put what needs more behind a port"
        )
    }));
    Ok(())
}

#[test]
fn crates_depend_inward_and_adapters_never_on_each_other() -> Result<(), Error> {
    assert_none(members()?.iter().flat_map(|package| {
        forbidden_members(package).map(|dependency| {
            format!(
                "{} depends on {}: adapters and clients depend inward and never on each other, so \
                 that each can be replaced alone; only syncline-cli puts them together",
                package.name, dependency.name
            )
        })
    }));
    Ok(())
}

#[test]
fn every_crate_has_its_place_in_the_house() -> Result<(), Error> {
    let members = members()?;
    let present: BTreeSet<&str> = members
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let placed: BTreeSet<&str> = MAY_DEPEND_ON.iter().map(|(member, _)| *member).collect();
    assert_eq!(
        present, placed,
        "the crates of the workspace are not those of MAY_DEPEND_ON in tests/tests/house.rs: each \
         has a line there with the crates it may depend on, because nothing else decides it"
    );
    Ok(())
}

#[test]
fn every_crate_is_under_the_mit_licence() -> Result<(), Error> {
    let members = members()?;
    let others = members
        .iter()
        .filter(|package| package.license.as_deref() != Some("MIT"));
    assert_none(others.map(|package| {
        format!(
            "{} has the licence {:?}: all of Syncline is MIT, so that whoever uses one part may \
             use every part; write `license.workspace = true` in its Cargo.toml",
            package.name, package.license
        )
    }));
    Ok(())
}

fn members() -> Result<Vec<Package>, Error> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    Ok(MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()?
        .packages)
}

/// What is linked into the crate or runs while it is built; its tests may use more.
fn built_in_dependencies(member: &str) -> Result<Vec<Dependency>, Error> {
    let packages = members()?
        .into_iter()
        .filter(|package| package.name == member);
    Ok(packages
        .flat_map(|package| package.dependencies)
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .collect())
}

/// The crates of the workspace on which the crate depends although it may not.
fn forbidden_members(package: &Package) -> impl Iterator<Item = &Dependency> {
    let line = MAY_DEPEND_ON
        .iter()
        .find(|(member, _)| package.name == *member);
    let allowed = line.map_or(NOTHING, |(_, allowed)| *allowed);
    package.dependencies.iter().filter(move |dependency| {
        dependency.path.is_some() && !allowed.contains(&dependency.name.as_str())
    })
}

#[track_caller]
fn assert_none(violations: impl Iterator<Item = String>) {
    let violations: Vec<String> = violations.collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
