#!/bin/sh
# Stops the engine that setup.sh started, if it did. Images and caches stay.
set -eu
exec sh "$(dirname "$0")/engine.sh" stop
