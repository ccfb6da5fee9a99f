# Build from the checkout's root: docker build -f infra/docker/ops.Dockerfile .
# Run it with one command of ops, such as migrate or topics.
FROM node:26.10.0-slim AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.npm npm install --no-save --no-audit --no-fund
RUN NX_DAEMON=false npx nx build ops

FROM node:26.10.0-slim
WORKDIR /app
COPY --from=builder /src/dist/ops/main.mjs /src/dist/ops/main.mjs.map ./
COPY --from=builder /src/dist/ops/migrations ./migrations
COPY --from=builder /src/dist/ops/functions ./functions
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
USER node
# A job that ends needs no health check.
HEALTHCHECK NONE
ENTRYPOINT ["node", "main.mjs"]
