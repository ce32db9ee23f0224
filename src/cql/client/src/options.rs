//! Reads the options of a session: contact points, TLS, policies.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslFiletype, SslMethod};
use openssl::x509::store::X509StoreBuilder;
use scylla::client::execution_profile::{ExecutionProfile, ExecutionProfileHandle};
use scylla::client::session::{OpenSsl010Config, TlsContext};
use scylla::statement::Consistency;

use crate::attempts::Timing;
use crate::ffi::Options;
use crate::policy::{Counters, Retries, Routing};

pub enum ContactPoint {
    Address(SocketAddr),
    Name(String),
}

impl ContactPoint {
    fn read(text: &str, port: u16) -> Result<Self, String> {
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse::<IpAddr>() {
            return Ok(ContactPoint::Address(SocketAddr::new(address, port)));
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(ContactPoint::Address(address));
        }
        let (name, port) = match text.split_once(':') {
            None => (text, Ok(port)),
            Some((name, port)) => (name, port.parse::<u16>()),
        };
        match port {
            Ok(port) if is_name(name) => Ok(ContactPoint::Name(format!("{name}:{port}"))),
            _ => Err(format!(
                "\"{text}\" is not a contact point: an address or a name, with :PORT or without"
            )),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Those of a list with commas between them, one or more.
pub fn contact_points(options: &Options) -> Result<Vec<ContactPoint>, String> {
    let texts = options
        .contact_points()
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let points = texts
        .map(|text| ContactPoint::read(text, options.port))
        .collect::<Result<Vec<_>, _>>()?;
    if points.is_empty() {
        return Err("there is no contact point".into());
    }
    Ok(points)
}

fn check_readable(file: &str) -> Result<(), String> {
    match File::open(file) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{file}: {error}")),
    }
}

/// None: no TLS. A node is believed if one of the authorities has signed its certificate, and if
/// that has its address.
pub fn tls(options: &Options) -> Result<Option<TlsContext>, String> {
    let (ca, certificate, key) = (
        options.tls_ca(),
        options.tls_certificate(),
        options.tls_key(),
    );
    if ca.is_empty() {
        return Ok(None);
    }
    let unusable = |file: &str, error: ErrorStack| format!("{file}: {}", first_line(&error));
    let mut builder =
        SslConnector::builder(SslMethod::tls_client()).map_err(|error| unusable("TLS", error))?;
    // Ours alone, not those of the system.
    let store = X509StoreBuilder::new().map_err(|error| unusable(ca, error))?;
    builder.set_cert_store(store.build());
    check_readable(ca)?;
    builder
        .set_ca_file(ca)
        .map_err(|error| unusable(ca, error))?;
    if !certificate.is_empty() {
        check_readable(certificate)?;
        if key.is_empty() {
            return Err(format!("{certificate}: its key is missing"));
        }
        check_readable(key)?;
        builder
            .set_certificate_chain_file(certificate)
            .map_err(|error| unusable(certificate, error))?;
        builder
            .set_private_key_file(key, SslFiletype::PEM)
            .map_err(|error| unusable(key, error))?;
        builder
            .check_private_key()
            .map_err(|error| unusable(key, error))?;
    }
    Ok(Some(OpenSsl010Config::new(builder).into()))
}

fn first_line(error: &ErrorStack) -> String {
    let first = error.errors().first().and_then(|error| error.reason());
    first.map_or_else(|| error.to_string(), str::to_owned)
}

/// Whom to ask, and whether to ask again. How long is up to attempts.rs.
pub fn profile(options: &Options, counters: &Arc<Counters>) -> ExecutionProfileHandle {
    ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .request_timeout(None)
        .load_balancing_policy(Routing::new(options.data_centre(), counters.clone()))
        .retry_policy(Retries::new(counters.clone()))
        .speculative_execution_policy(None)
        .build()
        .into_handle()
}

pub fn timing(options: &Options) -> Timing {
    let ms = |ms: u32| Duration::from_millis(ms.into());
    Timing {
        limit: ms(options.request_timeout_ms),
        speculation: (options.speculation_ms > 0).then(|| ms(options.speculation_ms)),
    }
}
