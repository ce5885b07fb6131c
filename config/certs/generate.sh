#!/usr/bin/env bash
# Certificates without cert-manager: an authority of our own, and the certificate for the gateway's name.
#
#   generate.sh install   makes what is missing, and a new certificate if it ends within RENEW_DAYS; again is harmless
#   generate.sh renew     a new certificate by the same authority
#   generate.sh rotate    a new authority: trusted beside the old ones first, then it signs a new certificate
#   generate.sh forget    ends the trust in all authorities but the last
#   generate.sh trust     writes what is trusted into the webhook; all of the above do it too
#   generate.sh show      what ends when
#
# Whatever fails ends the script with status 1, and may be run again. A rotate that was cut short is completed by renew.
# install and renew say so when the authority ends within RENEW_DAYS, and fail in its last day: run rotate before.
#
# Settings, by environment: HOST (the gateway's name, <service>.<namespace>.svc), KUBECTL, CA_DAYS, DAYS, RENEW_DAYS,
# SETTLE (seconds that API servers get to learn of a new authority before its certificate is served),
# GATEWAY (<address>:<port> where forget asks what is served; HOST:443).
set -euo pipefail

read -ra kubectl <<<"${KUBECTL:-kubectl}"
namespace=hookrunner webhook=hookrunner
ca_days=${CA_DAYS:-1825} days=${DAYS:-365} renew_days=${RENEW_DAYS:-30} settle=${SETTLE:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ca=$work/hookrunner-ca tls=$work/hookrunner-tls
mkdir "$ca" "$tls"

say() { echo "certificates: $*"; }
# Where a function is a condition, bash goes on after what fails in it: there each step says `|| fail` itself.
fail() {
  say "$*" >&2
  exit 1
}
in_namespace() { "${kubectl[@]}" --namespace "$namespace" "$@"; }

# quietly COMMAND...: what it says is of interest only if it fails.
quietly() {
  "$@" >"$work/said" 2>&1 && return
  cat "$work/said" >&2
  fail "$1 $2 failed"
}

# fetch SECRET: its keys as files of $work/SECRET; false if there is no such Secret.
fetch() {
  local found key value
  found=$(in_namespace get secret "$1" --ignore-not-found \
    -o 'go-template={{.metadata.name}}{{"\n"}}{{range $key, $value := .data}}{{$key}} {{$value}}{{"\n"}}{{end}}') ||
    fail "cannot read the Secret $1: nothing was changed"
  [[ -n $found ]] || return 1
  while read -r key value; do
    base64 -d <<<"$value" >"$work/$1/$key" || fail "the Secret $1 is damaged: $key is not base64"
  done < <(tail -n +2 <<<"$found")
}

# save SECRET ARGUMENT...: writes what `kubectl create secret ARGUMENT...` makes.
save() {
  in_namespace create secret "$@" --dry-run=client -o yaml |
    in_namespace apply --server-side --force-conflicts -f - >/dev/null || fail "cannot write the Secret $2"
}

load() {
  fetch hookrunner-ca || return 1
  [[ -s $ca/bundle.crt ]] ||
    fail "the Secret hookrunner-ca has no bundle.crt: it is cert-manager's, which renews it. Delete it to change to this script"
  [[ -s $ca/tls.crt && -s $ca/tls.key ]] || fail "the Secret hookrunner-ca is damaged: tls.crt or tls.key is missing"
}

need_authority() { load || fail "there is no authority: run install first"; }

# new_authority: makes one, trusted beside those that are trusted already.
new_authority() {
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$ca_days" \
    -subj "/CN=hookrunner-ca" -addext "basicConstraints=critical,CA:true,pathlen:0" \
    -addext "keyUsage=critical,keyCertSign" -keyout "$ca/tls.key" -out "$ca/tls.crt"
  touch "$ca/bundle.crt"
  cp "$ca/bundle.crt" "$work/old.crt"
  cat "$ca/tls.crt" "$work/old.crt" >"$ca/bundle.crt"
  save_authority
}

save_authority() {
  save generic hookrunner-ca --type=kubernetes.io/tls \
    --from-file=tls.crt="$ca/tls.crt" --from-file=tls.key="$ca/tls.key" --from-file=bundle.crt="$ca/bundle.crt"
}

ends() { openssl x509 -in "$1" -noout -enddate | cut -d= -f2; }
lasts() { openssl x509 -in "$1" -noout -checkend $(($2 * 86400)) >/dev/null; }

# days_left FILE MOST: whole days until it ends, MOST at most. By bisection: date(1) reads dates differently everywhere.
days_left() {
  local low=0 high=$2 middle
  while ((low < high)); do
    middle=$(((low + high + 1) / 2))
    if lasts "$1" "$middle"; then low=$middle; else high=$((middle - 1)); fi
  done
  echo "$low"
}

check_authority() {
  lasts "$ca/tls.crt" 1 || fail "the authority ends or has ended, $(ends "$ca/tls.crt"): run rotate"
  lasts "$ca/tls.crt" "$renew_days" ||
    say "the authority ends soon, $(ends "$ca/tls.crt"), and all that it signed with it: run rotate" >&2
}

# is_signed FILE [OPTION...]: whether it is by our authority.
is_signed() { openssl verify -CAfile "$ca/tls.crt" "${@:2}" "$1" >/dev/null 2>&1; }
is_ours() { is_signed "$1" -verify_hostname "$HOST"; }

# is_good: whether the certificate lasts RENEW_DAYS, or about as long as the authority does.
is_good() { is_ours "$tls/tls.crt" && lasts "$tls/tls.crt" $(($(days_left "$ca/tls.crt" $((renew_days + 1))) - 1)); }

issue() {
  local most
  most=$(days_left "$ca/tls.crt" "$days")
  quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=hookrunner" \
    -keyout "$tls/tls.key" -out "$work/tls.csr"
  printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:false\nextendedKeyUsage=serverAuth\n' "$HOST" >"$work/ext"
  quietly openssl x509 -req -in "$work/tls.csr" -CA "$ca/tls.crt" -CAkey "$ca/tls.key" -days "$most" \
    -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/ext" -out "$tls/tls.crt"
  save tls hookrunner-tls --cert="$tls/tls.crt" --key="$tls/tls.key"
  say "issued for $HOST, until $(ends "$tls/tls.crt")"
}

# find_webhook: sets `trusted` to the bundle that it has, in base64; false if there is no webhook.
find_webhook() {
  local found
  found=$("${kubectl[@]}" get mutatingwebhookconfiguration "$webhook" --ignore-not-found \
    -o 'go-template={{.metadata.name}} {{(index .webhooks 0).clientConfig.caBundle}}') || fail "cannot read the webhook"
  trusted=${found#* }
  [[ -n $found ]]
}

# trust: writes the bundle into the webhook, if it has another; false if there is no webhook.
trust() {
  local bundle trusted
  bundle=$(base64 <"$ca/bundle.crt" | tr -d '\n')
  find_webhook || return 1
  [[ $trusted == "$bundle" ]] || "${kubectl[@]}" patch mutatingwebhookconfiguration "$webhook" --type=json --patch \
    "[{\"op\": \"add\", \"path\": \"/webhooks/0/clientConfig/caBundle\", \"value\": \"$bundle\"}]" >/dev/null ||
    fail "cannot write the webhook: it trusts what it did before"
  [[ $trusted == "$bundle" ]] || bundle_is_new=yes
  say "the webhook trusts $(grep -c BEGIN "$ca/bundle.crt") authority(s)"
}

# trust_first: trust, and time to learn of it, before a certificate is served by an authority that served none before.
trust_first() {
  bundle_is_new=
  trust || return 1
  if [[ -n $bundle_is_new ]] || { [[ -s $tls/tls.crt ]] && ! is_signed "$tls/tls.crt"; }; then sleep "$settle"; fi
}

no_webhook() { say "there is no webhook yet: run trust once it is there"; }

install() {
  if load; then say "the authority is there, until $(ends "$ca/tls.crt")"; else
    new_authority
    say "made an authority, until $(ends "$ca/tls.crt")"
  fi
  check_authority
  if fetch hookrunner-tls && is_good; then
    trust || no_webhook
    say "the certificate for $HOST is good, until $(ends "$tls/tls.crt")"
    return
  fi
  trust_first || no_webhook
  issue
}

renew() {
  need_authority
  check_authority
  fetch hookrunner-tls || true
  trust_first || no_webhook
  issue
}

rotate() {
  need_authority
  find_webhook || fail "there is no webhook, so nothing can trust a new authority first: nothing was changed"
  fetch hookrunner-tls || true
  new_authority
  trust_first || fail "the webhook is gone: the certificate stays as it is"
  issue
  say "run forget once the new certificate is served"
}

# ask_gateway FILE: the certificate that the gateway serves; false if it cannot be reached from here.
ask_gateway() {
  { timeout 10 openssl s_client -connect "$GATEWAY" -servername "$HOST" </dev/null 2>/dev/null || true; } |
    openssl x509 -out "$1" 2>/dev/null
}

forget() {
  need_authority
  fetch hookrunner-tls || fail "there is no certificate: run renew first"
  is_ours "$tls/tls.crt" || fail "the certificate is not by the new authority: run renew first"
  if ask_gateway "$work/served.crt"; then
    is_ours "$work/served.crt" || fail "$GATEWAY does not serve a certificate by the new authority yet: wait, then run forget"
    say "$GATEWAY serves a certificate by the new authority"
  else
    say "cannot ask $GATEWAY what it serves (set GATEWAY): the Secret has a certificate by the new authority"
  fi
  cp "$ca/tls.crt" "$ca/bundle.crt"
  save_authority
  trust || no_webhook
}

show() {
  if fetch hookrunner-ca; then say "authority until $(ends "$ca/tls.crt")"; fi
  if fetch hookrunner-tls; then say "certificate until $(ends "$tls/tls.crt")"; fi
}

mapped() { in_namespace get domainmapping -o 'jsonpath={.items[0].metadata.name}' || fail "set HOST to the gateway's name"; }

case "${1:-}" in
install | renew | rotate) : "${HOST:?set HOST to the gateway\'s name, such as kourier.kourier-system.svc}" ;;
forget)
  HOST=${HOST:-$(mapped)}
  GATEWAY=${GATEWAY:-$HOST:443}
  ;;
esac
case "${1:-}" in
install | renew | rotate | forget | show) "$1" ;;
trust)
  need_authority
  trust || fail "there is no webhook"
  ;;
*) sed -n '2,17s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
