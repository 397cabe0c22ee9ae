//! `trailhound serve`: the page and the CloudTrail API, on loopback.

use crate::args::GlobalArgs;
use crate::error::{CliError, CmdResult, Status};
use crate::ui::Ui;
use anyhow::Context;
use axum::Router;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use trailhound_api::ApiConfig;
use trailhound_app::App;

/// How long open connections may take to end after a signal.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// Let LookupEvents look in every Region, not only in the one that a request is signed for
    #[arg(long)]
    all_regions: bool,
    /// Refuse more LookupEvents requests per second and Region, as AWS does with 2 [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    lookups_per_second: Option<u32>,
    /// Watch the paths that a file declares, and print an alert when one breaks
    #[arg(long, value_name = "FILE")]
    watch: Option<PathBuf>,
}

/// Where to listen.
#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    /// Loopback address and port; port 0 picks a free one
    #[arg(long = "listen", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    text: String,
}

/// Serves until SIGINT or SIGTERM.
pub(crate) fn cmd_serve(ui: &mut Ui, global: &GlobalArgs, args: &ServeArgs) -> CmdResult {
    let address = args.listen.address()?;
    let app = Arc::new(super::open(global)?);
    app.keep_replays();
    let config = ApiConfig {
        all_regions: args.all_regions,
        lookups_per_second: args.lookups_per_second,
        engine: crate::sql_engine::engine(&app)?,
        ..ApiConfig::default()
    };
    let watched = args.watch.as_deref().map(crate::watch_config::read).transpose()?;
    let server = Server::bind(address)?;
    ui.line(server.url())?;
    ui.flush()?;
    ui.note("serving the page and the CloudTrail API; Ctrl-C stops");
    if let Some(paths) = watched {
        super::watch::watch_beside(ui, global, Arc::clone(&app), paths)?;
    }
    server.run(routes(Arc::clone(&app), config))?;
    Ok(Status::Done)
}

/// The API and the pages, behind the same checks. The caller keeps a reference to `app` until the server
/// has ended: a store must not be closed from within the server's own threads.
pub(crate) fn routes(app: Arc<App>, config: ApiConfig) -> Router {
    let pages = trailhound_api::protect(trailhound_web::router(Arc::clone(&app)), &config);
    trailhound_api::router(app, config).merge(pages)
}

impl ListenArgs {
    /// The address, which must be this machine's own.
    ///
    /// # Errors
    /// A usage error when it is no address, or one that others can reach.
    pub(crate) fn address(&self) -> Result<SocketAddr, CliError> {
        let text = &self.text;
        let parsed = match text.strip_prefix("localhost:") {
            Some(port) => port.parse().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into()),
            None => text.parse::<SocketAddr>().ok(),
        };
        let Some(address) = parsed else {
            return Err(CliError::usage(
                format!("`{text}` is not an address to listen on"),
                "give an address and a port, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`",
            ));
        };
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if !own.contains(&address.ip()) {
            return Err(CliError::usage(
                format!(
                    "will not listen on `{address}`: others could reach it, and whoever reaches this \
                     server reads every event without a password"
                ),
                "listen on 127.0.0.1 and put a proxy in front that terminates TLS, authenticates, and \
                 sets the Host header to localhost",
            ));
        }
        Ok(address)
    }
}

/// A listener that is bound, not yet answering; signals to stop are kept for it from now on.
pub(crate) struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Server {
    /// Binds `address`.
    ///
    /// # Errors
    /// When it cannot be bound, as when another program listens there, or signals cannot be listened to.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the server's threads")?;
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .with_context(|| format!("cannot listen on `{address}`"))
            .map_err(|error| {
                CliError::from(error).hint("--listen 127.0.0.1:0 picks a free port and prints it")
            })?;
        let address = listener.local_addr().context("cannot read the listener's address")?;
        // Whoever reads the address may send a signal at once.
        let stop = {
            let _within = runtime.enter();
            Box::pin(stop_signal()?)
        };
        Ok(Self { runtime, listener, address, stop })
    }

    /// Binds `address`, or a free port beside it when that one is taken.
    ///
    /// # Errors
    /// As [`Server::bind`].
    pub(crate) fn bind_near(address: SocketAddr) -> Result<Self, CliError> {
        Self::bind(address).or_else(|_| Self::bind(SocketAddr::new(address.ip(), 0)))
    }

    /// The address that is bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where a browser or client finds it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until SIGINT or SIGTERM, then lets open requests end.
    ///
    /// # Errors
    /// When the listener fails.
    pub(crate) fn run(self, routes: Router) -> Result<(), CliError> {
        let Self { runtime, listener, stop: signal, .. } = self;
        runtime.block_on(async move {
            let stop = Arc::new(tokio::sync::Notify::new());
            let notify = Arc::clone(&stop);
            let served = axum::serve(listener, routes)
                .with_graceful_shutdown(async move {
                    signal.await;
                    notify.notify_one();
                })
                .into_future();
            let grace = async {
                stop.notified().await;
                tokio::time::sleep(STOP_GRACE).await;
            };
            tokio::select! {
                result = served => result.context("the server failed"),
                () = grace => Ok(()),
            }
        })?;
        // A lookup that is still running holds a thread; it only reads, so nobody waits for it.
        runtime.shutdown_background();
        Ok(())
    }
}

/// Registers for SIGINT and SIGTERM at once and returns what waits for either.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns what waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the process ends at once, which is a stop too.
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expect: Expect) {
        let shown = match (ListenArgs { text: text.to_owned() }).address() {
            Ok(address) => address.to_string(),
            Err(error) => format!("{:#}", error.error),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn only_this_machine_is_listened_on() {
        check("127.0.0.1:8080", expect!["127.0.0.1:8080"]);
        check("[::1]:0", expect!["[::1]:0"]);
        check("localhost:9000", expect!["127.0.0.1:9000"]);
        check(
            "0.0.0.0:8080",
            expect![
                "will not listen on `0.0.0.0:8080`: others could reach it, and whoever reaches this server reads every event without a password"
            ],
        );
        check(
            "[::]:8080",
            expect![
                "will not listen on `[::]:8080`: others could reach it, and whoever reaches this server reads every event without a password"
            ],
        );
        check("example.com:80", expect!["`example.com:80` is not an address to listen on"]);
        check("8080", expect!["`8080` is not an address to listen on"]);
    }
}
