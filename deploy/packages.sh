#!/bin/bash
# deploy/packages.sh - the one list of Debian packages that larder needs, by purpose.
#
#	deploy/packages.sh GROUP...	installs what is missing: build, try, test, bench
#	deploy/packages.sh --list GROUP...	only names them
#
# Asks dpkg first: where all is there it neither needs root nor the network. Services that a package
# would start on its own (nginx, redis) are kept from starting while it is installed.
set -euo pipefail

declare -A PACKAGES=(
	[build]='gcc check meson scdoc ninja-build pkg-config libmicrohttpd-dev libgnutls28-dev
		libcurl4-openssl-dev libyaml-dev libxxhash-dev libjemalloc-dev
		zlib1g-dev libssl-dev libsqlite3-dev libjansson-dev libyajl-dev libexpat1-dev'
	[try]='python3 curl ca-certificates'
	[test]='clang clang-format llvm libclang-rt-14-dev gcovr git python3 python3-pytest python3-yaml python3-jsonschema
		pyflakes3 shellcheck zsh fish curl openssl prometheus procps util-linux'
	[bench]='nginx varnish haproxy wrk curl procps util-linux'
)
POLICY=/usr/sbin/policy-rc.d

say() {
	echo "packages: $*" >&2
}

# Names of the groups' packages, one a line.
list() {
	local group
	for group in "$@"; do
		if [[ -z ${PACKAGES[$group]:-} ]]; then
			say "no group '$group'; there are: ${!PACKAGES[*]}"
			return 2
		fi
		tr -s '[:space:]' '\n' <<<"${PACKAGES[$group]}"
	done | sort -u
}

missing() {
	local name state
	while read -r name; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
		[[ $state == installed ]] || echo "$name"
	done
}

# apt as root, with nobody to answer questions.
apt() {
	local become=()
	((EUID == 0)) || become=(sudo -n)
	"${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >&2
}

allowed() {
	((EUID == 0)) || sudo -n true 2>/dev/null
}

# A policy that says "start nothing" (101), unless the machine has one of its own.
hold_services() {
	[[ -e $POLICY ]] && return
	((EUID == 0)) || return 0
	printf '#!/bin/sh\nexit 101\n' >$POLICY
	chmod 755 $POLICY
	trap 'rm -f $POLICY' EXIT
}

main() {
	local names=() only_list=false wanted
	if [[ ${1:-} == --list ]]; then
		only_list=true
		shift
	fi
	if (($# == 0)); then
		say "which group? ${!PACKAGES[*]}"
		return 2
	fi
	wanted=$(list "$@")
	if $only_list; then
		echo "$wanted"
		return
	fi
	if ! command -v dpkg-query >/dev/null; then
		say "this is no Debian: install the likes of: $(tr '\n' ' ' <<<"$wanted")"
		return
	fi
	mapfile -t names < <(missing <<<"$wanted")
	((${#names[@]} > 0)) || return 0
	say "installing ${names[*]}"
	if ! allowed; then
		say "not root: run 'sudo apt-get install --no-install-recommends ${names[*]}', then this again"
		return 1
	fi
	hold_services
	apt update || say "could not refresh the package lists; trying with those at hand"
	apt install --no-install-recommends -y "${names[@]}"
}

main "$@"
