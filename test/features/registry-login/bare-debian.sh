# shellcheck shell=bash
# For the scenarios of a Debian with nothing in it: the Feature brings Node from the mirror and logs in; no docker client is needed to see that.

check 'no Node is on PATH' says 1 '' bash -c 'command -v node'
check 'the command works all the same' registry-login --version
check 'the hooks have logged in, into the odd home' grep -q '"auth"' "$HOME/.docker/config.json"
check 'the login may pull the private image' says 0 'Can be pulled with ACR' registry-login doctor "$TEST_IMAGE"
check 'it may not pull what is on the other registry' says 1 '' registry-login doctor "$TEST_OTHER_IMAGE"
