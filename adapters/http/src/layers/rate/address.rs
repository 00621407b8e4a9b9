//! Where a request came from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

/// To it, each proxy adds the address from which it got the request. Whoever sends a request can
/// write anything in front of that.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The part of an IPv6 address that a provider gives to a customer.
const CUSTOMER_BITS: u128 = u128::MAX << 64;

/// The address of the client behind so many proxies of the operator's own: what the outermost of
/// them wrote. Without proxies, or when they did not write it, it is the `peer`.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, trusted_proxy_hops: usize) -> IpAddr {
    let Some(before) = trusted_proxy_hops.checked_sub(1) else {
        return peer;
    };
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let mut forwarded = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    forwarded.nth(before).and_then(parse).unwrap_or(peer)
}

/// An address; some proxies add the port.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let plain = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = plain.unwrap_or(text).parse();
    address
        .or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()))
        .ok()
}

/// The addresses among which a client can choose, by the first of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & CUSTOMER_BITS).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, HeaderValue};

    use super::{X_FORWARDED_FOR, client, network};

    const PEER: &str = "10.0.0.1";

    fn seen(lines: &[&str], hops: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                X_FORWARDED_FOR,
                HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            );
        }
        client(PEER.parse().unwrap(), &headers, hops).to_string()
    }

    #[test]
    fn without_proxies_the_header_means_nothing() {
        assert_eq!(seen(&[], 0), PEER);
        assert_eq!(seen(&["192.0.2.1"], 0), PEER);
    }

    #[test]
    fn what_stands_left_of_the_trusted_proxies_was_made_up() {
        let forged = "192.0.2.66, 192.0.2.67, 198.51.100.7";
        assert_eq!(seen(&[forged], 1), "198.51.100.7");
        assert_eq!(seen(&["192.0.2.66", "198.51.100.7"], 1), "198.51.100.7");
        let through_two = "192.0.2.66, 198.51.100.7, 203.0.113.2";
        assert_eq!(seen(&[through_two], 2), "198.51.100.7");
        assert_eq!(
            seen(&["192.0.2.66, 198.51.100.7", "203.0.113.2"], 2),
            "198.51.100.7"
        );
    }

    #[test]
    fn a_request_around_the_proxies_is_its_peers() {
        assert_eq!(seen(&[], 1), PEER);
        assert_eq!(seen(&["192.0.2.66"], 2), PEER);
        for line in ["", "unknown", "_hidden", "192.0.2", "192.0.2.1 x", "é", ","] {
            assert_eq!(seen(&[line], 1), PEER, "{line:?}");
        }
    }

    #[test]
    fn addresses_are_written_in_several_ways() {
        for (line, address) in [
            (" 198.51.100.7 ", "198.51.100.7"),
            ("198.51.100.7:4711", "198.51.100.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
        ] {
            assert_eq!(seen(&[line], 1), address);
        }
    }

    #[test]
    fn a_customer_has_a_whole_network_of_the_new_addresses() {
        let network = |text: &str| network(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2::"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
