//! One deployment, one signing key, and requests written by hand from the protocol's description.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use partitioned_authority::{
    canonical::{json::parse, sha256},
    consent::{Consent, Surface, Template},
    verifier::{
        actions::{Actions, Form},
        inspect::Config,
        nonce::issue,
        secrets::Secrets,
        signals::Policy,
        weighing::OnWeak,
        windows::Windows,
    },
};
use std::sync::LazyLock;

/// When everything here happens, ms.
pub const NOW: u64 = 1_800_000_000_500;

/// The app's host.
pub const AUTHORITY: &str = "app.example.com";

/// The app's origin.
pub const APP_ORIGIN: &str = "https://app.example.com";

/// The signing origin.
pub const SIGN_ORIGIN: &str = "https://sign.example.com";

/// The action that a person can consent to.
pub const TEMPLATE: &str = r#"{"act":"transfer","fields":{"to":"json:/to"},"method":"POST","path":"/transfer","surface":"popup","text":{"en":"Send it to {to}"},"tier":"consent"}"#;

/// A consent to it, as a window states it.
pub fn consent(language: &str, surface: Surface, verified: bool) -> String {
    let template = Template::from_value(&parse(TEMPLATE.as_bytes()).unwrap()).unwrap();
    let (act, version) = (template.act, template.version);
    let language = language.to_owned();
    Consent { act, version, language, text: [7; 32], surface, verified }.to_field().unwrap()
}

/// A session cookie's value.
pub const COOKIE: &str = "1.AQIDBAUG.AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";

static CONFIG: LazyLock<Config> = LazyLock::new(|| Config {
    authority: AUTHORITY.into(),
    app_origin: APP_ORIGIN.into(),
    sign_origin: SIGN_ORIGIN.into(),
    secrets: Secrets::derive(&[7; 32]).unwrap(),
    windows: Windows::default(),
    actions: {
        let mut actions = Actions::default();
        actions.register(TEMPLATE.as_bytes(), Form::Current, false).unwrap();
        actions
    },
    on_weak: OnWeak::Audit,
    signals: Policy::from_names("off", "audit", "interactive").unwrap(),
    header_limit: 16_384,
    interaction_uses: 4,
    remembers: false,
});

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_bytes(&[0x42; 32].into()).unwrap());

/// The deployment's configuration.
pub fn config() -> &'static Config {
    &CONFIG
}

/// Its derived keys.
pub fn secrets() -> &'static Secrets {
    &CONFIG.secrets
}

/// `r ‖ s` by the browser's key.
pub fn sign(base: &[u8]) -> [u8; 64] {
    let signature: Signature = KEY.sign(base);
    signature.to_bytes().into()
}

/// The browser's public key: RFC 7638's text, which is a JWK.
pub fn jwk() -> String {
    let point = KEY.verifying_key().to_sec1_point(false);
    let coordinate = |bytes: Option<&_>| -> String {
        bytes.map_or_else(String::new, |bytes: &p256::FieldBytes| {
            Base64UrlUnpadded::encode_string(bytes)
        })
    };
    format!(
        r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
        coordinate(point.x()),
        coordinate(point.y()),
    )
}

/// Its thumbprint.
pub fn thumbprint() -> [u8; 32] {
    sha256(&[jwk().as_bytes()])
}

/// A Byte Sequence.
pub fn byte_sequence(bytes: &[u8]) -> String {
    format!(":{}:", Base64::encode_string(bytes))
}

/// A request, and what its signature says of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub content_type: Option<String>,
    pub content: Vec<u8>,
    pub proof: Option<Vec<u8>>,
    pub consent: Option<String>,
    pub assertion: Option<String>,
    pub created: u64,
    pub nonce: String,
    pub control: bool,
}

impl Request {
    /// A plain GET, freshly signed.
    pub fn new() -> Self {
        let server = issue(&secrets().nonce, &thumbprint(), NOW - 1000, [9; 4]);
        Self {
            method: "GET".into(),
            path: "/".into(),
            query: "?".into(),
            content_type: None,
            content: Vec::new(),
            proof: None,
            consent: None,
            assertion: None,
            created: NOW / 1000,
            nonce: format!("{server}.AAECAwQFBgcICQoLDA0ODw"),
            control: false,
        }
    }

    /// The target of the request line.
    pub fn target(&self) -> String {
        let query = if self.query == "?" { "" } else { &self.query };
        [&self.path, query].concat()
    }

    /// `Content-Digest`, if there is content.
    pub fn content_digest(&self) -> Option<String> {
        let hash = || byte_sequence(&sha256(&[&self.content]));
        (!self.content.is_empty()).then(|| format!("sha-256={}", hash()))
    }

    /// Covered components with their values.
    pub fn covered(&self) -> Vec<(&'static str, String)> {
        let mut out = vec![
            ("@method", self.method.clone()),
            ("@authority", AUTHORITY.into()),
            ("@path", self.path.clone()),
            ("@query", self.query.clone()),
        ];
        out.extend(self.content_type.clone().map(|value| ("content-type", value)));
        out.extend(self.content_digest().map(|value| ("content-digest", value)));
        out.extend(self.proof.as_deref().map(|value| ("interaction-proof", byte_sequence(value))));
        out.extend(self.consent.clone().map(|value| ("pas-consent", value)));
        out
    }

    /// The parameters, in wire order.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let tag = if self.control { "pas-1-ctl" } else { "pas-1" };
        vec![
            ("created", self.created.to_string()),
            ("nonce", format!("\"{}\"", self.nonce)),
            ("keyid", format!("\"{}\"", Base64UrlUnpadded::encode_string(&thumbprint()))),
            ("alg", "\"ecdsa-p256-sha256\"".into()),
            ("tag", format!("\"{tag}\"")),
        ]
    }

    /// `Signature-Input`.
    pub fn signature_input(&self) -> String {
        signature_input(
            &self.covered().iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            &self.parameters(),
        )
    }

    /// The signature base (RFC 9421 §2.5).
    pub fn base(&self) -> String {
        let mut out = String::new();
        for (name, value) in self.covered() {
            out += &format!("\"{name}\": {value}\n");
        }
        let input = self.signature_input();
        out + "\"@signature-params\": " + input.strip_prefix("pas=").unwrap_or(&input)
    }

    /// Every field, signed by `signature`.
    pub fn fields(&self, signature: &[u8; 64]) -> Vec<(String, String)> {
        let mut out = vec![
            ("Host".to_owned(), AUTHORITY.to_owned()),
            ("Cookie".into(), format!("theme=dark; __Host-pas={COOKIE}")),
        ];
        if self.control {
            out.push(("Origin".into(), SIGN_ORIGIN.into()));
        }
        let covered = self.covered().into_iter();
        out.extend(
            covered.filter(|(name, _)| !name.starts_with('@')).map(|(n, v)| (n.to_owned(), v)),
        );
        out.extend(self.assertion.clone().map(|value| ("PAS-Assertion".to_owned(), value)));
        out.push(("Signature-Input".into(), self.signature_input()));
        out.push(("Signature".into(), format!("pas={}", byte_sequence(signature))));
        out
    }
}

/// The text of `Signature-Input` over any components and parameters.
pub fn signature_input(covered: &[&str], parameters: &[(&str, String)]) -> String {
    let covered: Vec<_> = covered.iter().map(|name| format!("\"{name}\"")).collect();
    let parameters: String = parameters.iter().map(|(n, v)| format!(";{n}={v}")).collect();
    format!("pas=({}){parameters}", covered.join(" "))
}

/// Fields as the verifier takes them.
pub fn joined(fields: &[(String, String)]) -> String {
    fields.iter().map(|(n, v)| format!("{n}\n{v}")).collect::<Vec<_>>().join("\n")
}
