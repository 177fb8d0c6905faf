# Dev container images for the tests; the context is made by images.sh.

# No Node anywhere: the installer has to bring one, from the mirror that lies in the image.
FROM local/debian:bookworm AS plain
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home --shell /bin/bash vscode
COPY docker /usr/local/bin/docker
COPY node-mirror /opt/node-mirror

FROM plain AS node
COPY node /usr/local/bin/node
