#!/bin/sh
# Makes the secrets that compose.yaml names, once: what is there stays. Run it as root, so that each file belongs to the one user that reads it.
# TLS: put the certificate (with its chain) and key of your authority in place of the two files; without them a self-signed pair for TRICORD_HOST is made.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
chmod 711 secrets
cd secrets
APP=1000
MONGO=999

owned() { # file, user
  chmod 400 "$1"
  chown "$2:$2" "$1" 2>/dev/null || echo "make-secrets: $1 has to belong to user $2 (run as root)" >&2
}
new() { # file: succeeds if it has to be made
  [ ! -s "$1" ]
}

new secret_key && openssl rand -hex 32 > secret_key
new seal_key && openssl rand -hex 32 > seal_key
new mongo_keyfile && openssl rand -base64 756 > mongo_keyfile
new mongo_root_password && openssl rand -hex 24 > mongo_root_password
new mongo_app_password && openssl rand -hex 24 > mongo_app_password
new mongodb_uri && printf 'mongodb://tricord:%s@mongo1,mongo2,mongo3/tricord?replicaSet=rs0&authSource=tricord\n' "$(cat mongo_app_password)" > mongodb_uri
if new tls_cert || new tls_key; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=${TRICORD_HOST:?the name that it is reached under}" \
    -addext "subjectAltName=DNS:$TRICORD_HOST" -keyout tls_key -out tls_cert 2>/dev/null
  echo "make-secrets: a self-signed certificate for $TRICORD_HOST, for trying; put your own in deploy/secrets/tls_cert and tls_key" >&2
fi

for file in secret_key seal_key mongodb_uri tls_cert tls_key; do owned "$file" "$APP"; done
for file in mongo_keyfile mongo_root_password mongo_app_password; do owned "$file" "$MONGO"; done
