//! The seeded tenant: its clients, connections, organizations and users. The table of users is in the crate's documentation.

use serde_json::Value;

use crate::config::{Client, Connection, GrantType, Organization, ResourceServer, UrlPattern};

/// The users, in the shape that `users = "file.json"` takes.
pub const USERS: &str = include_str!("seed/users.json");

const MANAGEMENT_SCOPES: [&str; 13] = [
    "read:users",
    "update:users",
    "delete:users",
    "create:users",
    "read:users_app_metadata",
    "update:users_app_metadata",
    "read:connections",
    "read:roles",
    "read:organizations",
    "read:sessions",
    "delete:sessions",
    "read:refresh_tokens",
    "delete:refresh_tokens",
];

const ADMIN_PERMISSIONS: [&str; 5] = [
    "policies:read",
    "policies:upload",
    "policies:activate",
    "decisions:read",
    "accounts:read",
];

/// `conjoin-dev`, `conjoin-admin`, `conjoin-m2m`, `conjoin-readonly`, the public `conjoin-spa`, and `conjoin-app`: some application of the tenant that knows nothing of linking.
#[must_use]
pub fn clients() -> Vec<Client> {
    let every = &[
        GrantType::AuthorizationCode,
        GrantType::Implicit,
        GrantType::ClientCredentials,
        GrantType::RefreshToken,
    ];
    let machine = &[GrantType::ClientCredentials];
    let mut web = client("conjoin-dev", every, &MANAGEMENT_SCOPES);
    web.callbacks = on_any_local_port(&["/callback", "/link/callback"]);
    web.logout_urls = logout_urls();
    let mut spa = client(
        "conjoin-spa",
        &[GrantType::AuthorizationCode, GrantType::RefreshToken],
        &[],
    );
    spa.client_secret = None;
    spa.callbacks = on_any_local_port(&["/", "/callback"]);
    spa.logout_urls = logout_urls();
    spa.web_origins = on_any_local_port(&["/"]);
    spa.refresh_token_rotation = true;
    let mut admin = client("conjoin-admin", &[GrantType::AuthorizationCode], &[]);
    admin.callbacks = on_any_local_port(&["/admin/callback"]);
    let mut app = client("conjoin-app", &[GrantType::AuthorizationCode], &[]);
    app.callbacks = on_any_local_port(&["/callback"]);
    vec![
        web,
        admin,
        spa,
        client("conjoin-m2m", machine, &MANAGEMENT_SCOPES),
        client("conjoin-readonly", machine, &["read:users"]),
        app,
    ]
}

fn client(id: &str, grant_types: &[GrantType], scopes: &[&str]) -> Client {
    Client {
        client_id: id.to_owned(),
        client_secret: Some(format!("{id}-secret")),
        client_public_key: None,
        callbacks: Vec::new(),
        logout_urls: Vec::new(),
        web_origins: Vec::new(),
        refresh_token_rotation: false,
        grant_types: grant_types.to_vec(),
        management_scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    }
}

/// The API whose permissions say what a member of the team may do on the application's admin pages; `auth0|grace` has them all.
#[must_use]
pub fn resource_servers() -> Vec<ResourceServer> {
    vec![ResourceServer {
        identifier: "https://conjoin.example.com/admin".to_owned(),
        permissions: ADMIN_PERMISSIONS.map(str::to_owned).to_vec(),
        rbac: true,
    }]
}

/// The root, `/logout` and the callbacks of any local port.
#[must_use]
pub fn logout_urls() -> Vec<UrlPattern> {
    on_any_local_port(&["/", "/logout", "/callback", "/link/callback"])
}

fn on_any_local_port(paths: &[&str]) -> Vec<UrlPattern> {
    let origins = [
        "http://localhost:*",
        "https://localhost:*",
        "http://127.0.0.1:*",
        "https://127.0.0.1:*",
    ];
    let urls = origins
        .iter()
        .flat_map(|origin| paths.iter().map(move |path| format!("{origin}{path}")));
    urls.filter_map(|url| UrlPattern::try_from(url).ok()).collect()
}

/// One database, three social ones, two enterprise ones, of which `workforce` is provisioned by SCIM, and the mailed code.
#[must_use]
pub fn connections() -> Vec<Connection> {
    let connection = |id: &str, name: &str, strategy: &str, display_name: &str| Connection {
        id: format!("con_{id}"),
        name: name.to_owned(),
        strategy: strategy.to_owned(),
        display_name: display_name.to_owned(),
        scim: name == "workforce",
    };
    vec![
        connection(
            "Database00000001",
            "Username-Password-Authentication",
            "auth0",
            "Password",
        ),
        connection("Google0000000001", "google-oauth2", "google-oauth2", "Google"),
        connection("GitHub0000000001", "github", "github", "GitHub"),
        connection("Facebook00000001", "facebook", "facebook", "Facebook"),
        connection("SamlAcme00000001", "acme", "samlp", "ACME (SAML)"),
        connection("Workforce0000001", "workforce", "okta", "Workforce (Okta, SCIM)"),
        connection("EmailCode0000001", "email", "email", "Code by e-mail"),
    ]
}

/// One organization, of which `auth0|hamilton` and `google-oauth2|5001` are members.
#[must_use]
pub fn organizations() -> Vec<Organization> {
    vec![Organization {
        id: "org_ApolloGuidance01".to_owned(),
        name: "apollo".to_owned(),
        display_name: "Apollo Guidance".to_owned(),
    }]
}

/// The seeded users. The file is part of the program and a test reads it, so that it cannot fail to parse in use.
#[must_use]
pub fn users() -> Vec<Value> {
    serde_json::from_str(USERS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::User;

    #[test]
    fn every_seeded_user_is_well_formed_and_its_connection_exists() {
        let users: Vec<User> = users()
            .into_iter()
            .map(|user| User::from_fixture(user).unwrap())
            .collect();
        assert!(users.len() >= 20);
        for user in &users {
            for identity in &user.identities {
                let connection = connections()
                    .into_iter()
                    .find(|connection| connection.name == identity.connection);
                assert_eq!(connection.unwrap().strategy, identity.provider, "{}", user.user_id);
                assert_eq!(identity.password.as_deref(), Some("correct-horse"), "{}", user.user_id);
            }
        }
    }

    #[test]
    fn every_client_secret_and_url_is_in_force() {
        let dev = clients()
            .into_iter()
            .find(|client| client.client_id == "conjoin-dev")
            .unwrap();
        assert!(dev.accepts(Some("conjoin-dev-secret")));
        assert!(!dev.accepts(Some("conjoin-dev-secreT")) && !dev.accepts(None));
        assert_eq!(dev.callbacks.len(), 8);
    }

    #[test]
    fn grace_has_every_permission_of_the_seeded_api() {
        let [api] = resource_servers().try_into().unwrap();
        let grace = users()
            .into_iter()
            .find(|user| user["user_id"] == "auth0|grace")
            .unwrap();
        let held = grace["permissions"].as_array().unwrap();
        assert!(
            held.iter()
                .all(|held| held["resource_server_identifier"] == api.identifier.as_str())
        );
        let names: Vec<_> = held
            .iter()
            .filter_map(|held| held["permission_name"].as_str())
            .collect();
        assert_eq!(names, api.permissions);
    }
}
