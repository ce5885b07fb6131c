# The authority's Secret, in the form of cert-manager's or of config/certs/generate.sh's, and who is trusted. Needs common.sh.
# shellcheck shell=bash

# authority KEY: what the Secret has under it, in base64; nothing if it is not there.
authority() {
  "${kubectl[@]}" get secret hookrunner-ca --namespace "$namespace" --ignore-not-found -o "jsonpath={.data.${1/./\\.}}"
}

# give_authority TO PATCH: both have one way to know their own Secret. Its key stays, and with it all that it signed.
give_authority() {
  say "the authority goes over to $1"
  "${kubectl[@]}" patch secret hookrunner-ca --namespace "$namespace" --type=merge --patch "$2" >/dev/null
}

# give_to_script: cert-manager's authority, if there is one.
give_to_script() {
  local certificate
  certificate=$(authority tls.crt)
  if [[ -z $certificate || -n $(authority bundle.crt) ]]; then return; fi
  give_authority config/certs/generate.sh '{"data": {"bundle.crt": "'"$certificate"'"}}'
}

# give_to_cert_manager: the script's authority, if there is one. cert-manager would go on with it as it is, but its
# cainjector refuses to have trusted what is not named as cert-manager's.
give_to_cert_manager() {
  local name='"cert-manager.io/certificate-name": "hookrunner-ca"'
  if [[ -z $(authority bundle.crt) ]]; then return; fi
  give_authority cert-manager \
    '{"metadata": {"annotations": {'"$name"'}}, "data": {"ca.crt": "'"$(authority tls.crt)"'", "bundle.crt": null}}'
}

# is_trusted HOST: whether what is served for it is by an authority that the webhook trusts.
is_trusted() {
  openssl verify -verify_hostname "$1" -CAfile <(
    "${kubectl[@]}" get mutatingwebhookconfiguration hookrunner -o 'jsonpath={.webhooks[0].clientConfig.caBundle}' | base64 -d
  ) <(
    "${kubectl[@]}" get secret hookrunner-tls --namespace "$namespace" --ignore-not-found -o 'jsonpath={.data.tls\.crt}' | base64 -d
  ) >/dev/null 2>&1
}

# need_trust HOST: ends if cert-manager does not tell the webhook whom to trust. It takes a second; here it has a minute.
need_trust() {
  local _
  for _ in {1..60}; do
    if is_trusted "$1"; then return; fi
    sleep 1
  done
  fail "cert-manager's cainjector does not tell the webhook whom to trust: does it run? Its log says why." \
    "Until it does, pods are created without a hint"
}
