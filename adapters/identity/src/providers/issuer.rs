use syncline_domain::identity::Provider;

/// Where Microsoft's tenants are, by id, by domain, or several at once.
const MICROSOFT: &str = "https://login.microsoftonline.com/";

/// Stands for the tenant in the issuer of several.
const TENANT: &str = "{tenantid}";

/// A tenant's id has so many characters.
const TENANT_LENGTH: usize = 36;

/// Which issuer a provider has to be.
pub(super) enum IssuerRule {
    /// This one.
    Exact(String),
    /// Microsoft's: a tenant that is known by its domain calls itself by its id, and several have a
    /// template.
    Microsoft(String),
}

impl IssuerRule {
    pub(super) fn of(provider: Provider, configured: Option<&str>, tenant: Option<&str>) -> Self {
        if let Some(issuer) = configured {
            return Self::Exact(issuer.to_owned());
        }
        match provider {
            Provider::Microsoft => {
                let tenant = tenant.unwrap_or("common");
                Self::Microsoft(format!("{MICROSOFT}{tenant}/v2.0"))
            }
            Provider::Apple => Self::Exact("https://appleid.apple.com".into()),
            _ => Self::Exact("https://accounts.google.com".into()),
        }
    }

    /// Where it is asked what it is.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Exact(address) | Self::Microsoft(address) => address,
        }
    }

    /// Whether it may call itself so.
    pub(super) fn allows(&self, said: &str) -> bool {
        match self {
            Self::Exact(issuer) => said == issuer,
            Self::Microsoft(_) => said.starts_with(MICROSOFT),
        }
    }
}

/// Whether `issuer`, of a token, is what the provider calls itself.
pub(super) fn is_of(own: &str, issuer: &str) -> bool {
    let Some((begin, end)) = own.split_once(TENANT) else {
        return own == issuer;
    };
    let tenant = issuer
        .strip_prefix(begin)
        .and_then(|rest| rest.strip_suffix(end));
    tenant.is_some_and(|tenant| {
        tenant.len() == TENANT_LENGTH
            && tenant
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use syncline_domain::identity::Provider;

    use super::{IssuerRule, is_of};

    const ID: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    #[test]
    fn a_tenant_is_asked_at_its_own_address() {
        let address = |tenant| {
            let rule = IssuerRule::of(Provider::Microsoft, None, tenant);
            rule.address().to_owned()
        };
        assert_eq!(
            address(Some("contoso.onmicrosoft.com")),
            "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0"
        );
        assert_eq!(
            address(None),
            "https://login.microsoftonline.com/common/v2.0"
        );
    }

    #[test]
    fn an_issuer_that_is_configured_has_to_be_that_one() {
        let own = "https://id.example.org";
        for provider in [Provider::Google, Provider::Microsoft, Provider::Apple] {
            let rule = IssuerRule::of(provider, Some(own), None);
            assert!(rule.allows(own));
            assert!(!rule.allows("https://id.example.org/"));
        }
        let microsoft = IssuerRule::of(Provider::Microsoft, None, None);
        assert!(microsoft.allows("https://login.microsoftonline.com/{tenantid}/v2.0"));
        assert!(!microsoft.allows("https://login.microsoftonline.com.evil.example/"));
    }

    #[test]
    fn tokens_of_any_tenant_fit_the_template_and_nothing_else_does() {
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
        assert!(is_of(template, &of(ID)));
        assert!(is_of(&of(ID), &of(ID)));
        for tenant in [
            "",
            "common",
            &ID[1..],
            &format!("{}/", &ID[1..]),
            "{tenantid}",
        ] {
            assert!(!is_of(template, &of(tenant)), "{tenant}");
        }
        assert!(!is_of(&of(ID), &of(&ID.replace('9', "8"))));
    }
}
