// The peer is a score service as a Go team would write it, with grpc-go and pgxpool: one prepared query per
// read, or with -batch the same micro-batching as the service under test.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"core.bench/corev1"
)

var errNotFound = status.Error(codes.NotFound, "customer: not found")

type storedScore struct {
	Recency   int32     `json:"recency"`
	Frequency int32     `json:"frequency"`
	Monetary  int32     `json:"monetary"`
	Score     string    `json:"score"`
	Segment   string    `json:"segment"`
	AsOf      time.Time `json:"as_of"`
	Sequence  int64     `json:"sequence,string"`
}

type key struct{ merchant, customer pgtype.UUID }

// lookup returns the stored score, nil without a score, errNotFound without such a customer.
type lookup func(ctx context.Context, k key) ([]byte, error)

type server struct {
	corev1.UnimplementedCoreServiceServer
	find lookup
}

func (s *server) GetCustomerRFM(ctx context.Context, in *corev1.GetCustomerRFMRequest) (*corev1.GetCustomerRFMResponse, error) {
	var k key
	if err := k.merchant.Scan(in.MerchantId); err != nil {
		return nil, status.Error(codes.InvalidArgument, "merchant_id: must be a UUID")
	}
	if err := k.customer.Scan(in.CustomerId); err != nil {
		return nil, status.Error(codes.InvalidArgument, "customer_id: must be a UUID")
	}
	raw, err := s.find(ctx, k)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return &corev1.GetCustomerRFMResponse{}, nil
	}
	var score storedScore
	if err := json.Unmarshal(raw, &score); err != nil {
		return nil, status.Error(codes.Internal, "unreadable score")
	}
	return &corev1.GetCustomerRFMResponse{RfmScore: &corev1.RfmScore{
		Recency: score.Recency, Frequency: score.Frequency, Monetary: score.Monetary,
		Score: score.Score, Segment: score.Segment, AsOf: timestamppb.New(score.AsOf), Sequence: &score.Sequence,
	}}, nil
}

// replicas returns the pools in turn.
type replicas struct {
	pools []*pgxpool.Pool
	turn  atomic.Uint64
}

func (r *replicas) next() *pgxpool.Pool {
	return r.pools[r.turn.Add(1)%uint64(len(r.pools))]
}

const oneSQL = `select rfm_score from customers
 where merchant_id = $1 and id = $2 and deleted_at is null and erased_at is null`

func one(r *replicas) lookup {
	return func(ctx context.Context, k key) ([]byte, error) {
		var raw []byte
		err := r.next().QueryRow(ctx, oneSQL, k.merchant, k.customer).Scan(&raw)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, errNotFound
		}
		return raw, err
	}
}

const manySQL = `select c.id is not null, c.rfm_score
  from unnest($1::uuid[], $2::uuid[]) with ordinality as key (merchant_id, id, position)
  left join customers c on c.merchant_id = key.merchant_id and c.id = key.id
   and c.deleted_at is null and c.erased_at is null
 order by key.position`

type waiting struct {
	key    key
	answer chan answer
}

type answer struct {
	raw []byte
	err error
}

const maxKeys = 256

// batched collects the reads that wait while `inFlight` statements run. No read waits for a timer.
func batched(r *replicas, inFlight int) lookup {
	queue := make(chan waiting, 4096)
	for range inFlight {
		go func() {
			for first := range queue {
				batch := []waiting{first}
			gather:
				for len(batch) < maxKeys {
					select {
					case more := <-queue:
						batch = append(batch, more)
					default:
						break gather
					}
				}
				answerAll(r.next(), batch)
			}
		}()
	}
	return func(ctx context.Context, k key) ([]byte, error) {
		w := waiting{k, make(chan answer, 1)}
		queue <- w
		select {
		case a := <-w.answer:
			return a.raw, a.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func answerAll(pool *pgxpool.Pool, batch []waiting) {
	merchants, customers := make([]pgtype.UUID, len(batch)), make([]pgtype.UUID, len(batch))
	for n, w := range batch {
		merchants[n], customers[n] = w.key.merchant, w.key.customer
	}
	fail := func(err error, from int) {
		for _, w := range batch[from:] {
			w.answer <- answer{err: err}
		}
	}
	rows, err := pool.Query(context.Background(), manySQL, merchants, customers)
	if err != nil {
		fail(err, 0)
		return
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var found bool
		var raw []byte
		if err := rows.Scan(&found, &raw); err != nil {
			fail(err, n)
			return
		}
		if found {
			batch[n].answer <- answer{raw: raw}
		} else {
			batch[n].answer <- answer{err: errNotFound}
		}
		n++
	}
	if n < len(batch) {
		fail(status.Error(codes.Internal, "rows are missing"), n)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "host:port")
	urls := flag.String("replicas", "", "comma-separated PostgreSQL URLs")
	connections := flag.Int("connections", 20, "connections per replica")
	batch := flag.Int("batch", 0, "statements in flight with micro-batching; 0: one query per read")
	flag.Parse()

	r := &replicas{}
	for _, url := range strings.Split(*urls, ",") {
		config, err := pgxpool.ParseConfig(url)
		if err != nil {
			log.Fatal(err)
		}
		config.MaxConns = int32(*connections)
		pool, err := pgxpool.NewWithConfig(context.Background(), config)
		if err != nil {
			log.Fatal(err)
		}
		r.pools = append(r.pools, pool)
	}
	find := one(r)
	if *batch > 0 {
		find = batched(r, *batch)
	}
	socket, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer()
	corev1.RegisterCoreServiceServer(s, &server{find: find})
	log.Println("listening")
	log.Fatal(s.Serve(socket))
}
