use std::collections::BTreeMap;

use reqwest::{
    Client, Method, Response, Url,
    header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
    redirect::Policy,
};

/// The most steps from one page to the next.
const MAX_STEPS: usize = 20;

/// As much of a browser as signing in needs: it keeps cookies, follows redirects, and submits
/// forms that submit themselves.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    /// By host and port, and by name.
    cookies: BTreeMap<(String, String), String>,
}

/// Where a browser has arrived.
#[derive(Debug)]
pub struct Arrival {
    /// The address.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
    /// The page.
    pub body: String,
}

/// Where a browser goes next.
#[derive(Clone, Debug)]
pub struct Step {
    /// With `GET`, or with `POST` if it submits a form.
    pub method: Method,
    /// To which address.
    pub url: Url,
    /// The fields of the form.
    pub fields: Vec<(String, String)>,
}

/// Why a browser did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// There was no answer.
    #[error("there is no answer: {0}")]
    Request(#[from] reqwest::Error),
    /// A redirect or a form leads nowhere.
    #[error("a page leads to an address that is none")]
    Address,
    /// It goes on and on.
    #[error("the way from page to page does not end")]
    Endless,
}

impl Step {
    /// To a page.
    fn to(url: &str) -> Result<Self, BrowserError> {
        Ok(Self {
            method: Method::GET,
            url: Url::parse(url).map_err(|_| BrowserError::Address)?,
            fields: Vec::new(),
        })
    }
}

impl Browser {
    /// A browser without cookies.
    ///
    /// # Errors
    /// [`BrowserError::Request`] when there can be no client.
    pub fn new() -> Result<Self, BrowserError> {
        Ok(Self {
            client: Client::builder().redirect(Policy::none()).build()?,
            cookies: BTreeMap::new(),
        })
    }

    /// Goes to `url`, and on until a page is there.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn visit(&mut self, url: &str) -> Result<Arrival, BrowserError> {
        let (arrival, _) = self.travel(Step::to(url)?, |_| false).await?;
        Ok(arrival)
    }

    /// Goes to `url`, and on until the next step would lead to an address that begins with
    /// `prefix`: that step is not done.
    ///
    /// # Errors
    /// [`BrowserError`], also when it arrives elsewhere.
    pub async fn approach(&mut self, url: &str, prefix: &str) -> Result<Step, BrowserError> {
        self.approach_step(&Step::to(url)?, prefix).await
    }

    /// Where the page at `url` leads to, after one step.
    ///
    /// # Errors
    /// [`BrowserError`], also when it leads nowhere.
    pub async fn first_step(&mut self, url: &str) -> Result<Url, BrowserError> {
        let (_, next) = self.go(&Step::to(url)?).await?;
        Ok(next.ok_or(BrowserError::Address)?.url)
    }

    /// Does a step and goes on until the next would lead to an address that begins with `prefix`.
    ///
    /// # Errors
    /// [`BrowserError`], also when it arrives elsewhere.
    pub async fn approach_step(&mut self, step: &Step, prefix: &str) -> Result<Step, BrowserError> {
        let (_, next) = self
            .travel(step.clone(), |step| step.url.as_str().starts_with(prefix))
            .await?;
        next.ok_or(BrowserError::Address)
    }

    /// Does one step and no more.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn step(&mut self, step: &Step) -> Result<Arrival, BrowserError> {
        self.go(step).await.map(|(arrival, _)| arrival)
    }

    /// Keeps a cookie that another program was given for `url`.
    pub fn keep(&mut self, url: &Url, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        let key = (url.authority().to_owned(), name.trim().to_owned());
        if set_cookie.contains("Max-Age=0") || value.is_empty() {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.trim().to_owned());
        }
    }

    /// The value of a cookie that is kept for `url`.
    #[must_use]
    pub fn cookie(&self, url: &Url, name: &str) -> Option<String> {
        let key = (url.authority().to_owned(), name.to_owned());
        self.cookies.get(&key).cloned()
    }

    async fn travel(
        &mut self,
        mut step: Step,
        is_end: impl Fn(&Step) -> bool,
    ) -> Result<(Arrival, Option<Step>), BrowserError> {
        for _ in 0..MAX_STEPS {
            let (arrival, next) = self.go(&step).await?;
            match next {
                Some(next) if !is_end(&next) => step = next,
                next => return Ok((arrival, next)),
            }
        }
        Err(BrowserError::Endless)
    }

    async fn go(&mut self, step: &Step) -> Result<(Arrival, Option<Step>), BrowserError> {
        let mut request = self.client.request(step.method.clone(), step.url.clone());
        let cookies = self.cookies_for(&step.url);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        if step.method == Method::POST {
            request = request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(encoded(&step.fields)?);
        }
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(&step.url, cookie.to_str().unwrap_or_default());
        }
        let redirect = redirect(&response, &step.url)?;
        let arrival = Arrival {
            url: step.url.clone(),
            status: response.status().as_u16(),
            body: response.text().await?,
        };
        let next = redirect.or_else(|| form(&arrival.body));
        Ok((arrival, next))
    }

    fn cookies_for(&self, url: &Url) -> String {
        let own = self
            .cookies
            .iter()
            .filter(|((authority, _), _)| authority == url.authority());
        let pairs: Vec<_> = own
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

fn redirect(response: &Response, from: &Url) -> Result<Option<Step>, BrowserError> {
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    let location = location.to_str().map_err(|_| BrowserError::Address)?;
    let url = from.join(location).map_err(|_| BrowserError::Address)?;
    Ok(Some(Step {
        method: Method::GET,
        url,
        fields: Vec::new(),
    }))
}

/// The form of a page that submits itself.
fn form(page: &str) -> Option<Step> {
    let (_, form) = page.split_once("<form method=\"post\" action=\"")?;
    let (action, rest) = form.split_once('"')?;
    let fields = rest.split("<input ").skip(1).filter_map(|input| {
        let attribute = |name: &str| {
            let (_, rest) = input.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| plain(value))
        };
        Some((attribute("name")?, attribute("value")?))
    });
    Some(Step {
        method: Method::POST,
        url: Url::parse(&plain(action)).ok()?,
        fields: fields.collect(),
    })
}

/// Text as HTML writes it, read back.
fn plain(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Fields as a form sends them.
fn encoded(fields: &[(String, String)]) -> Result<String, BrowserError> {
    let mut url = Url::parse("http://localhost").map_err(|_| BrowserError::Address)?;
    url.query_pairs_mut().extend_pairs(fields);
    Ok(url.query().unwrap_or_default().to_owned())
}
