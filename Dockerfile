# The version that is tested with; both stages are of one.
ARG NODE=22.23.3

# Stage 1: install what the lock file says, compile the native add-on where there is no prebuilt one, build, then keep only what running needs.
FROM docker.io/library/node:${NODE}-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json ./
COPY scripts ./scripts
COPY schemas ./schemas
COPY server ./server
COPY seed ./seed
RUN node scripts/build.mjs && npm prune --omit=dev

# Stage 2: no compiler, no sources. Only /data is written to, so that the root file system can be read-only.
FROM docker.io/library/node:${NODE}-bookworm-slim
LABEL org.opencontainers.image.title="Tricord" \
      org.opencontainers.image.description="Intelligence-sharing exchange for a working group of several governments" \
      org.opencontainers.image.version="0.1.0"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
# Owned by root: what runs can't change what it runs.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/seed ./seed
RUN printf '#!/bin/sh\nexec node /app/dist/server/cli/main.js "$@"\n' > /usr/local/bin/tricord \
 && chmod 755 /usr/local/bin/tricord \
 && mkdir /data && chown 1000:1000 /data && chmod 700 /data
# The image's user `node`, by number: what checks that it is not root need not look it up.
USER 1000:1000
VOLUME /data
EXPOSE 8080
# Alive and not ready: to end a process because its database is away helps nobody. The proxy asks /readyz itself.
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Exec form: node is process 1 and gets SIGTERM itself. It starts no other process that it would have to reap.
CMD ["node", "dist/server/main.js"]
