// The standard TypeScript stack: connect-node over HTTP/2, drizzle, one prepared query per read, two
// processes.
import cluster from 'node:cluster';
import { createServer } from 'node:http2';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
// eslint-disable-next-line @nx/enforce-module-boundaries -- the peer shows what others build with it
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { CoreService } from '@core/contracts';
import { customers } from '@core/db';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function serve(): void {
  const urls = (process.env['BENCH_REPLICAS'] ?? '').split(',');
  const connections = Number(process.env['BENCH_CONNECTIONS']);
  const queries = urls.map((connectionString) =>
    drizzle(new Pool({ connectionString, max: connections }))
      .select({ rfmScore: customers.rfmScore })
      .from(customers)
      .where(
        and(
          eq(customers.merchantId, sql.placeholder('merchantId')),
          eq(customers.id, sql.placeholder('customerId')),
          isNull(customers.deletedAt),
          isNull(customers.erasedAt),
        ),
      )
      .prepare('score'),
  );
  let turn = 0;
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(CoreService, {
        async getCustomerRFM({ merchantId, customerId }) {
          if (!UUID.test(merchantId) || !UUID.test(customerId)) {
            throw new ConnectError('must be a UUID', Code.InvalidArgument);
          }
          const query = queries[turn++ % queries.length];
          const [row] = (await query?.execute({ merchantId, customerId })) ?? [];
          if (!row) throw new ConnectError('customer: not found', Code.NotFound);
          if (!row.rfmScore) return {};
          const { recency, frequency, monetary, score, segment, as_of, sequence } = row.rfmScore;
          return {
            rfmScore: {
              recency,
              frequency,
              monetary,
              score,
              segment,
              asOf: timestampFromDate(new Date(as_of)),
              ...(sequence === undefined ? {} : { sequence: BigInt(sequence) }),
            },
          };
        },
      }),
  });
  createServer(handler).listen(Number(process.env['BENCH_PORT']), '127.0.0.1');
}

if (cluster.isPrimary) for (let n = 0; n < Number(process.env['BENCH_PROCESSES']); n++) cluster.fork();
else serve();
