# Both stand-ins, for development only. The command selects which one runs.
# Build from the checkout's root: docker build -f infra/docker/stand-ins.Dockerfile .
FROM node:26.10.0-slim AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.npm npm install --no-save --no-audit --no-fund
RUN node infra/tools/src/build.ts shopify-stand-in auth-stand-in

FROM node:26.10.0-slim
WORKDIR /app
COPY --from=builder /src/dist/shopify-stand-in/main.mjs shopify.mjs
COPY --from=builder /src/dist/auth-stand-in/main.mjs auth.mjs
# Shopify's own schemas. A schema is read at the first query for its API version.
COPY --from=builder /src/node_modules/@shopify/dev-mcp/dist/data/admin_*.json.gz ./node_modules/@shopify/dev-mcp/dist/data/
USER node
EXPOSE 8081 50061
HEALTHCHECK NONE
CMD ["node", "shopify.mjs"]
