//! The way from clients to servers, on which requests are delayed, cut and repeated, and every
//! answer is written down.

mod exchange;
mod http;
mod lie;
mod stream;
mod weather;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Method, Response};
use serde_json::Value;
use tokio::{
    io::Result,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use super::log::Log;
use crate::{server::client, simulation::ledger::Token};
use exchange::{pushed_values, sender, user};
use http::{Answer, Request};
use lie::Liar;
use weather::{Cut, Fault, Weather};

pub(super) use crate::lock;
pub(super) use exchange::{Exchange, id};
pub use lie::Lie;

/// How often lies are told, if they are.
const LIES: u64 = 3;

/// What a request carries from the client to the server.
const CARRIED: [&str; 3] = ["authorization", "content-type", "x-org-id"];

/// Where the servers are at present. One that was killed is missing until it is back.
pub(super) type Servers = Arc<Mutex<Vec<String>>>;

/// The values that each sender pushed.
pub(super) type Pushed = BTreeMap<String, BTreeSet<Token>>;

/// A network between the clients of one world and the servers.
pub(super) struct Network {
    address: SocketAddr,
    state: Arc<State>,
    listening: JoinHandle<()>,
}

struct State {
    servers: Servers,
    next: AtomicUsize,
    client: Client,
    weather: Mutex<Weather>,
    is_calm: AtomicBool,
    numbers: AtomicU64,
    exchanges: Mutex<Vec<Exchange>>,
    pushed: Mutex<Pushed>,
    late: Mutex<JoinSet<()>>,
    /// How often each sender was refused something.
    refusals: Mutex<BTreeMap<String, u64>>,
    cuts: AtomicU64,
    repeats: AtomicU64,
    pokes: AtomicU64,
    log: Log,
    liar: Option<Liar>,
}

impl Network {
    /// A network to `servers`, whose faults `seed` decides. With a lie, they break a promise.
    pub(super) async fn new(servers: Servers, seed: u64, log: Log, lie: Option<Lie>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State {
            servers,
            next: AtomicUsize::new(0),
            client: client(),
            weather: Mutex::new(Weather::new(seed)),
            is_calm: AtomicBool::new(false),
            numbers: AtomicU64::new(0),
            exchanges: Mutex::default(),
            pushed: Mutex::default(),
            late: Mutex::default(),
            refusals: Mutex::default(),
            cuts: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            pokes: AtomicU64::new(0),
            log,
            liar: lie.map(Liar::new),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&state)));
        Self {
            address,
            state,
            listening,
        }
    }

    /// Where clients reach it.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// No faults from now on. Returns when the last request that was to come again has come.
    pub(super) async fn calm(&self) {
        self.state.is_calm.store(true, Ordering::SeqCst);
        let mut late = std::mem::take(&mut *lock(&self.state.late));
        while late.join_next().await.is_some() {}
    }

    /// Everything that servers answered.
    pub(super) fn exchanges(&self) -> MutexGuard<'_, Vec<Exchange>> {
        lock(&self.state.exchanges)
    }

    /// What was pushed, whether or not a server answered.
    pub(super) fn pushed(&self) -> MutexGuard<'_, Pushed> {
        lock(&self.state.pushed)
    }

    /// How many pokes came to who listens.
    pub(super) fn pokes(&self) -> u64 {
        self.state.pokes.load(Ordering::SeqCst)
    }

    /// How many connections broke, and how many requests were repeated.
    pub(super) fn faults(&self) -> (u64, u64) {
        let State { cuts, repeats, .. } = &*self.state;
        (cuts.load(Ordering::SeqCst), repeats.load(Ordering::SeqCst))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        // A client that leaves is none of its business.
        tokio::spawn(async move { drop(serve(state, stream).await) });
    }
}

async fn serve(state: Arc<State>, mut stream: TcpStream) -> Result<()> {
    let request = Request::read(&mut stream).await?;
    if request.is_stream() {
        return state.listen(&request, &mut stream).await;
    }
    let number = state.numbers.fetch_add(1, Ordering::SeqCst);
    let fault = state.fault(&request);
    state.note(number, &request, &fault);
    sleep(fault.delay).await;
    if let Some(after) = fault.repeat {
        state.repeat(&request, after);
    }
    if fault.cut != Cut::None {
        state.cuts.fetch_add(1, Ordering::SeqCst);
    }
    let answer = match fault.cut {
        Cut::Before => None,
        Cut::Amid(after) => {
            // The server may answer sooner, and then the answer is lost.
            drop(timeout(after, state.forward(number, &request)).await);
            None
        }
        Cut::None | Cut::After | Cut::Within(_) => state.forward(number, &request).await,
    };
    let (Some(answer), true) = (answer, fault.cut != Cut::After) else {
        return Ok(());
    };
    let Cut::Within(part) = fault.cut else {
        answer.write(&mut stream, 1.0).await?;
        state.delivered(number);
        return Ok(());
    };
    answer.write(&mut stream, part).await
}

impl State {
    fn fault(&self, request: &Request) -> Fault {
        if self.is_calm.load(Ordering::SeqCst) {
            return Fault {
                delay: Duration::ZERO,
                cut: Cut::None,
                repeat: None,
            };
        }
        lock(&self.weather).fault(&sender(request), request.is_sync())
    }

    /// Sends a request to the next server, and writes the answer down; none if there was none.
    async fn forward(&self, number: u64, request: &Request) -> Option<Answer> {
        let server = self.server()?;
        self.note_pushed(request);
        let start = Instant::now();
        let answer = match self.liar(number, request) {
            Some(liar) => {
                let answer = self.send(&server, &liar.request(request)).await;
                answer.map(|answer| liar.answer(request, answer))
            }
            None => self.send(&server, request).await,
        };
        let Ok(answer) = answer else {
            self.log.add(format!("request {number}: {server} is gone"));
            return None;
        };
        self.write_down(number, request, start, &answer);
        Some(answer)
    }

    fn note_pushed(&self, request: &Request) {
        let values = pushed_values(request);
        let mut pushed = lock(&self.pushed);
        pushed.entry(sender(request)).or_default().extend(values);
    }

    /// The next server, if any is there.
    fn server(&self) -> Option<String> {
        let servers = lock(&self.servers);
        let next = self.next.fetch_add(1, Ordering::SeqCst);
        servers.get(next.checked_rem(servers.len())?).cloned()
    }

    fn liar(&self, number: u64, request: &Request) -> Option<&Liar> {
        let is_calm = self.is_calm.load(Ordering::SeqCst);
        let liar = self.liar.as_ref();
        let is_time = !is_calm && number.is_multiple_of(LIES);
        liar.filter(|liar| liar.concerns(request, is_time))
    }

    async fn send(&self, server: &str, request: &Request) -> reqwest::Result<Answer> {
        read(self.begin(server, request).await?).await
    }

    /// What a server begins to answer.
    async fn begin(&self, server: &str, request: &Request) -> reqwest::Result<Response> {
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
        let url = format!("{server}{}", request.path);
        let mut forwarded = self.client.request(method, url);
        for name in CARRIED {
            if let Some(value) = request.header(name) {
                forwarded = forwarded.header(name, value);
            }
        }
        forwarded.body(request.body.clone()).send().await
    }

    fn write_down(&self, number: u64, request: &Request, start: Instant, answer: &Answer) {
        let (status, body) = (answer.status, answer.json());
        if is_refusal(status, &body) {
            *lock(&self.refusals).entry(sender(request)).or_default() += 1;
        }
        self.log.add(format!("answer {number}: {status} {body}"));
        lock(&self.exchanges).push(Exchange::new(number, request, start, status, body));
    }

    fn delivered(&self, number: u64) {
        let mut exchanges = lock(&self.exchanges);
        let mut latest = exchanges.iter_mut().rev();
        if let Some(exchange) = latest.find(|exchange| exchange.number == number) {
            exchange.is_delivered = true;
        }
    }

    /// Sends a request once more after a while, when there may be newer ones; not after a refusal, on
    /// which whoever heard it may count.
    fn repeat(self: &Arc<Self>, request: &Request, after: Duration) {
        self.repeats.fetch_add(1, Ordering::SeqCst);
        let (state, request) = (Arc::clone(self), request.copy());
        let refusals = self.refusals(&request);
        lock(&self.late).spawn(async move {
            sleep(after).await;
            if state.refusals(&request) > refusals {
                return;
            }
            let number = state.numbers.fetch_add(1, Ordering::SeqCst);
            state
                .log
                .add(format!("request {number} comes again: {}", text(&request)));
            drop(state.forward(number, &request).await);
        });
    }

    fn refusals(&self, request: &Request) -> u64 {
        let refusals = lock(&self.refusals);
        refusals.get(&sender(request)).copied().unwrap_or_default()
    }

    fn note(&self, number: u64, request: &Request, fault: &Fault) {
        let user = user(request);
        let organisation = request.header("x-org-id").unwrap_or("");
        self.log.add(format!(
            "request {number} of {user} {organisation}: {} {fault:?}",
            text(request)
        ));
    }
}

async fn read(response: Response) -> reqwest::Result<Answer> {
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| value.to_str().ok().map(str::to_owned));
    Ok(Answer {
        status: response.status().as_u16(),
        retry_after,
        body: response.bytes().await?.to_vec(),
    })
}

fn text(request: &Request) -> String {
    let Request {
        method, path, body, ..
    } = request;
    format!("{method} {path} {}", String::from_utf8_lossy(body))
}

/// Whether something was not stored, and the sender told so.
fn is_refusal(status: u16, answer: &Value) -> bool {
    let rejected = answer["rejected"].as_array();
    (400..500).contains(&status) || rejected.is_some_and(|rejected| !rejected.is_empty())
}
