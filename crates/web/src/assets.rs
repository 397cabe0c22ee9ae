//! The files that pages load, inside the binary. Their names carry a hash of their content, so that
//! a browser keeps them for a year and an upgrade still shows at once.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

/// One embedded file.
struct Asset {
    name: &'static str,
    extension: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const STYLE: Asset = Asset {
    name: "trailhound",
    extension: "css",
    content_type: "text/css; charset=utf-8",
    bytes: concat!(
        include_str!("../assets/trailhound.css"),
        include_str!("../../app/src/picture/picture.css")
    )
    .as_bytes(),
};
const SCRIPT: Asset = Asset {
    name: "trailhound",
    extension: "js",
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/trailhound.js"),
};
const HTMX: Asset = Asset {
    name: "htmx-2.0.11",
    extension: "js",
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/vendor/htmx-2.0.11.min.js"),
};
const UPLOT: Asset = Asset {
    name: "uplot-1.6.32",
    extension: "js",
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/vendor/uplot-1.6.32.iife.min.js"),
};
const UPLOT_STYLE: Asset = Asset {
    name: "uplot-1.6.32",
    extension: "css",
    content_type: "text/css; charset=utf-8",
    bytes: include_bytes!("../assets/vendor/uplot-1.6.32.min.css"),
};
const ICON: Asset = Asset {
    name: "icon",
    extension: "svg",
    content_type: "image/svg+xml",
    bytes: include_bytes!("../assets/icon.svg"),
};

/// Where pages find the files.
#[derive(Debug)]
pub(crate) struct AssetUrls {
    /// Our style sheet.
    pub(crate) style: String,
    /// Our script.
    pub(crate) script: String,
    /// The htmx library.
    pub(crate) htmx: String,
    /// The uPlot library.
    pub(crate) uplot: String,
    /// The uPlot library's style sheet.
    pub(crate) uplot_style: String,
    /// The icon.
    pub(crate) icon: String,
}

/// The addresses of this binary's files.
pub(crate) static URLS: LazyLock<AssetUrls> = LazyLock::new(|| AssetUrls {
    style: format!("/assets/{}", STYLE.file()),
    script: format!("/assets/{}", SCRIPT.file()),
    htmx: format!("/assets/{}", HTMX.file()),
    uplot: format!("/assets/{}", UPLOT.file()),
    uplot_style: format!("/assets/{}", UPLOT_STYLE.file()),
    icon: format!("/assets/{}", ICON.file()),
});

impl Asset {
    /// The file's name with the hash of its content (FNV-1a: it tells versions apart, no more).
    fn file(&self) -> String {
        let hash = self.bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{}-{hash:016x}.{}", self.name, self.extension)
    }
}

/// `GET /assets/{file}`.
pub(crate) async fn answer(Path(file): Path<String>) -> Response {
    let assets = [STYLE, SCRIPT, HTMX, UPLOT, UPLOT_STYLE, ICON];
    match assets.into_iter().find(|asset| asset.file() == file) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.bytes,
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}
