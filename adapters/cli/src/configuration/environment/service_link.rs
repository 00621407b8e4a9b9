//! What Kubernetes tells every pod of the services beside it.
//!
//! A service called `syncline` has variables that begin like ours, and so has one called `syncline-…`.
//! Whoever named it so meant no configuration.

/// How addresses begin in them, and how a protocol is called in their names.
const PROTOCOLS: [(&str, &str); 3] = [("tcp://", "TCP"), ("udp://", "UDP"), ("sctp://", "SCTP")];

/// Whether a variable, whose name begins like ours, tells of a service.
pub(super) fn is_one(name: &str, value: &str) -> bool {
    // Between levels of the configuration there are two.
    !name.contains("__") && (is_of_service(name) || is_of_port(name, value))
}

/// `SYNCLINE_SERVICE_HOST`, `SYNCLINE_SERVICE_PORT` and `SYNCLINE_SERVICE_PORT_HTTP`.
fn is_of_service(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
}

/// `SYNCLINE_PORT` with an address, `SYNCLINE_PORT_8080_TCP`, and what is behind that.
fn is_of_port(name: &str, value: &str) -> bool {
    if name.ends_with("_PORT") && PROTOCOLS.iter().any(|(begin, _)| value.starts_with(begin)) {
        return true;
    }
    let Some((_, port)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut parts = port.split('_');
    let number = parts.next().is_some_and(|part| part.parse::<u16>().is_ok());
    let protocol = parts.next();
    let is_protocol = PROTOCOLS.iter().any(|(_, known)| protocol == Some(known));
    let is_end = matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"));
    number && is_protocol && is_end && parts.next().is_none()
}
