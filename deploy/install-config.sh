#!/bin/sh
# deploy/install-config.sh - called by meson install: FILE DIRECTORY. Puts the configuration there as
# larder.yaml, unless one is there: then beside it, as larder.yaml.new.
set -eu

to=${DESTDIR:-}$2
mkdir -p "$to"
name=larder.yaml
if [ -e "$to/$name" ] && ! cmp -s "$1" "$to/$name"; then
	name=larder.yaml.new
	echo "$to/larder.yaml is kept; this version's is $to/$name"
fi
cp "$1" "$to/$name"
chmod 644 "$to/$name"
