-- oldest build: 0004
ALTER TABLE "shopify_connections" ADD COLUMN "time_zone" varchar;