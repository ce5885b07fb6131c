#!/usr/bin/env bash
# Certificates without cert-manager: an authority of our own, and the certificate for the gateway's name.
#
#   generate.sh install   makes what is missing or ends within RENEW_DAYS; again is harmless
#   generate.sh renew     a new certificate by the same authority
#   generate.sh rotate    a new authority: trusted beside the old one first, then it signs a new certificate
#   generate.sh forget    ends the trust in the authority before the last rotation
#   generate.sh trust     writes what is trusted into the webhook; all of the above do it too
#   generate.sh show      what ends when
#
# Settings, by environment: HOST (the gateway's name, <service>.<namespace>.svc), KUBECTL, CA_DAYS, DAYS, RENEW_DAYS,
# SETTLE (seconds that API servers get to learn of a new authority before its certificate is served).
set -euo pipefail

read -ra kubectl <<<"${KUBECTL:-kubectl}"
namespace=hookrunner webhook=hookrunner
ca_days=${CA_DAYS:-1825} days=${DAYS:-365} renew_days=${RENEW_DAYS:-30} settle=${SETTLE:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { echo "certificates: $*"; }
in_namespace() { "${kubectl[@]}" --namespace "$namespace" "$@"; }

# fetch SECRET KEY FILE: false if there is no such Secret or key.
fetch() { in_namespace get secret "$1" --ignore-not-found -o "go-template={{index .data \"$2\"}}" 2>/dev/null |
  base64 -d >"$3" 2>/dev/null && test -s "$3"; }

load() {
  fetch hookrunner-ca tls.crt "$work/ca.crt" && fetch hookrunner-ca tls.key "$work/ca.key" &&
    fetch hookrunner-ca bundle.crt "$work/bundle.crt"
}

new_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$ca_days" -subj "/CN=hookrunner-ca" \
    -addext "basicConstraints=critical,CA:true,pathlen:0" -addext "keyUsage=critical,keyCertSign" \
    -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
}

save_authority() {
  in_namespace create secret generic hookrunner-ca --type=kubernetes.io/tls --dry-run=client -o yaml \
    --from-file=tls.crt="$work/ca.crt" --from-file=tls.key="$work/ca.key" --from-file=bundle.crt="$work/bundle.crt" |
    in_namespace apply --server-side --force-conflicts -f - >/dev/null
}

issue() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=hookrunner" \
    -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:false\nextendedKeyUsage=serverAuth\n' "$HOST" >"$work/ext"
  openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -days "$days" -extfile "$work/ext" \
    -out "$work/tls.crt" 2>/dev/null
  in_namespace create secret tls hookrunner-tls --dry-run=client -o yaml --cert="$work/tls.crt" --key="$work/tls.key" |
    in_namespace apply --server-side --force-conflicts -f - >/dev/null
  say "issued for $HOST, until $(ends "$work/tls.crt")"
}

ends() { openssl x509 -in "$1" -noout -enddate | cut -d= -f2; }

is_good() {
  fetch hookrunner-tls tls.crt "$work/tls.crt" &&
    openssl x509 -in "$work/tls.crt" -noout -checkend $((renew_days * 86400)) >/dev/null &&
    openssl verify -CAfile "$work/ca.crt" -verify_hostname "$HOST" "$work/tls.crt" >/dev/null 2>&1
}

trust() {
  if ! "${kubectl[@]}" get mutatingwebhookconfiguration "$webhook" >/dev/null 2>&1; then
    say "there is no webhook yet: run trust once it is there"
    return
  fi
  local bundle
  bundle=$(base64 <"$work/bundle.crt" | tr -d '\n')
  "${kubectl[@]}" patch mutatingwebhookconfiguration "$webhook" --type=json --patch \
    "[{\"op\": \"add\", \"path\": \"/webhooks/0/clientConfig/caBundle\", \"value\": \"$bundle\"}]" >/dev/null
  say "the webhook trusts $(grep -c BEGIN "$work/bundle.crt") authority(s)"
}

need_authority() { load || { say "there is no authority: run install first" >&2 && exit 1; }; }

install() {
  if load; then
    say "the authority is there, until $(ends "$work/ca.crt")"
  else
    new_authority && cp "$work/ca.crt" "$work/bundle.crt" && save_authority
    say "made an authority, until $(ends "$work/ca.crt")"
  fi
  trust
  if is_good; then say "the certificate for $HOST is good, until $(ends "$work/tls.crt")"; else issue; fi
}

rotate() {
  need_authority
  cp "$work/ca.crt" "$work/old.crt"
  new_authority && cat "$work/ca.crt" "$work/old.crt" >"$work/bundle.crt" && save_authority
  trust
  sleep "$settle"
  issue
  say "run forget once the new certificate is served"
}

forget() {
  need_authority
  is_good || { say "the certificate is not by the new authority: run renew first" >&2 && exit 1; }
  cp "$work/ca.crt" "$work/bundle.crt" && save_authority && trust
}

show() {
  if fetch hookrunner-ca tls.crt "$work/ca.crt"; then say "authority until $(ends "$work/ca.crt")"; fi
  if fetch hookrunner-tls tls.crt "$work/tls.crt"; then say "certificate until $(ends "$work/tls.crt")"; fi
}

case "${1:-}" in
install | renew | rotate) : "${HOST:?set HOST to the gateway\'s name, such as kourier.kourier-system.svc}" ;;
forget) HOST=${HOST:-$(in_namespace get domainmapping -o 'jsonpath={.items[0].metadata.name}')} ;;
esac
case "${1:-}" in
install) install ;;
renew) need_authority && issue && trust ;;
rotate) rotate ;;
forget) forget ;;
trust) need_authority && trust ;;
show) show ;;
*) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
