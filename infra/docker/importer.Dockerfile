# Build from the checkout's root: docker build -f infra/docker/importer.Dockerfile .
FROM node:26.10.0-slim AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.npm npm install --no-save --no-audit --no-fund
RUN NX_DAEMON=false npx nx build importer

FROM node:26.10.0-slim
WORKDIR /app
# The bundle holds everything it imports: no node_modules, no sources.
COPY --from=builder /src/dist/importer/main.mjs /src/dist/importer/main.mjs.map ./
COPY --from=builder /src/dist/importer/queues-ui ./queues-ui
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps CORE_ADMIN_PORT=9103
USER node
EXPOSE 9103
# /healthz says that the process turns; whether it can work is /readyz, for whoever routes to it. The image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.CORE_ADMIN_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# In exec form, so that SIGTERM reaches the app and it drains.
CMD ["node", "main.mjs"]
