# Build from the checkout's root: docker build -f infra/docker/api.Dockerfile .
FROM node:26.10.0-slim AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.npm npm install --no-save --no-audit --no-fund
RUN NX_DAEMON=false npx nx run-many -t build -p @core/api @core/console

FROM node:26.10.0-slim
WORKDIR /app
# The bundle contains everything that it imports, so the image has no node_modules and no sources.
COPY --from=builder /src/dist/api/main.mjs /src/dist/api/main.mjs.map ./
COPY --from=builder /src/dist/console ./console
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps CORE_ADMIN_PORT=9101 CORE_CONSOLE_DIR=/app/console
USER node
EXPOSE 50051 8080 9101
# /healthz reports liveness. Readiness is /readyz, which is meant for load balancers. The image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.CORE_ADMIN_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form, so that SIGTERM reaches the app, which then drains.
CMD ["node", "main.mjs"]
