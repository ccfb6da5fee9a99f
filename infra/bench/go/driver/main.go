// The load driver simulates many callers in one small process, because it shares the cores with the server.
// Closed loop: `-in-flight` concurrent calls. Open loop: `-rate` calls a second, each timed from the moment
// when it was due. A stalled server therefore cannot hide its stall by slowing the driver down.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"core.bench/corev1"
)

var (
	target      = flag.String("target", "", "host:port")
	connections = flag.Int("connections", 8, "")
	inFlight    = flag.Int("in-flight", 128, "closed loop: concurrent calls")
	rate        = flag.Int("rate", 0, "open loop: calls per second; 0: closed loop")
	seconds     = flag.Float64("seconds", 5, "measured time in seconds")
	warmUp      = flag.Float64("warm-up", 1, "warm-up before the measured time, in seconds")
	customers   = flag.Int("customers", 1_000_000, "number of rows in the table")
	merchants   = flag.Int("merchants", 5_000, "")
	batch       = flag.Int("batch", 0, "ids per BatchGetCustomerRFM; 0: GetCustomerRFM")
	segment     = flag.String("segment", "", "call ListCustomers for the first page of this segment, for the merchant after the last of -merchants")
	tokens      = flag.String("tokens", "", "file with one bearer token per line; each call sends a random one")
	split       = flag.Float64("split", 0, "also report latencies before and after this second of the measured time")
)

func merchantID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }
func customerID(k int) string { return fmt.Sprintf("10000000-0000-4000-8000-%012x", k) }

type call func(ctx context.Context, random *rand.Rand) error

// withTokens adds a token to each call, also when the server checks none: both sides of a comparison send the
// same.
func withTokens(each call, bearerTokens []string) call {
	return func(ctx context.Context, random *rand.Rand) error {
		token := bearerTokens[random.IntN(len(bearerTokens))]
		return each(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), random)
	}
}

func unary(client corev1.CoreServiceClient) call {
	return func(ctx context.Context, random *rand.Rand) error {
		k := random.IntN(*customers)
		_, err := client.GetCustomerRFM(ctx, &corev1.GetCustomerRFMRequest{
			CustomerId: customerID(k), MerchantId: merchantID(k%*merchants + 1),
		})
		return err
	}
}

func many(client corev1.CoreServiceClient) call {
	return func(ctx context.Context, random *rand.Rand) error {
		m := random.IntN(*merchants)
		each := *customers / *merchants
		first := random.IntN(each)
		ids := make([]string, *batch)
		for n := range ids {
			ids[n] = customerID(m + *merchants*((first+n)%each))
		}
		_, err := client.BatchGetCustomerRFM(ctx, &corev1.BatchGetCustomerRFMRequest{
			MerchantId: merchantID(m + 1), CustomerIds: ids,
		})
		return err
	}
}

func page(client corev1.CoreServiceClient) call {
	return func(ctx context.Context, _ *rand.Rand) error {
		_, err := client.ListCustomers(ctx, &corev1.ListCustomersRequest{
			MerchantId: merchantID(*merchants + 1), PageSize: 50,
			Filter: &corev1.CustomerFilter{Segment: *segment},
		})
		return err
	}
}

// sample is one call: when it was due, from the start of the measured time, and how long it took, in ns.
type sample struct {
	due, took int64
	failed    bool
}

type recorder struct {
	sync.Mutex
	samples []sample
	errors  map[string]int
}

func (r *recorder) add(due, took int64, err error) {
	r.Lock()
	defer r.Unlock()
	if err != nil {
		r.errors[status.Code(err).String()]++
	}
	r.samples = append(r.samples, sample{due, took, err != nil})
}

type latencies struct {
	Count  int     `json:"count"`  // successful calls
	Failed int     `json:"failed"` // failed calls
	P50    float64 `json:"p50"`    // milliseconds, of the successful calls
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

// summarise returns the latencies of the calls that were due in [from, until), in ns.
func summarise(samples []sample, from, until int64) latencies {
	took, failed := []int64{}, 0
	for _, s := range samples {
		switch {
		case s.due < from || s.due >= until:
		case s.failed:
			failed++
		default:
			took = append(took, s.took)
		}
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		if len(took) == 0 {
			return 0
		}
		return float64(took[min(len(took)-1, int(q*float64(len(took))))]) / 1e6
	}
	return latencies{len(took), failed, at(0.5), at(0.95), at(0.99), at(1)}
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	flag.Parse()
	var bearerTokens []string
	if *tokens != "" {
		lines, err := os.ReadFile(*tokens)
		if err != nil {
			log.Fatal(err)
		}
		bearerTokens = strings.Fields(string(lines))
	}
	calls := make([]call, *connections)
	for n := range calls {
		connection, err := grpc.NewClient(*target, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			log.Fatal(err)
		}
		client := corev1.NewCoreServiceClient(connection)
		switch {
		case *batch > 0:
			calls[n] = many(client)
		case *segment != "":
			calls[n] = page(client)
		default:
			calls[n] = unary(client)
		}
		if len(bearerTokens) > 0 {
			calls[n] = withTokens(calls[n], bearerTokens)
		}
	}
	warm := time.Duration(*warmUp * float64(time.Second))
	measured := time.Duration(*seconds * float64(time.Second))
	begin := time.Now().Add(warm)
	end := begin.Add(measured)
	r := &recorder{errors: map[string]int{}}
	record := func(due time.Time, err error) {
		if now := time.Now(); !due.Before(begin) && due.Before(end) {
			r.add(int64(due.Sub(begin)), int64(now.Sub(due)), err)
		}
	}
	var cpuAtBegin float64
	time.AfterFunc(warm, func() {
		cpuAtBegin = cpuSeconds()
		fmt.Fprintln(os.Stderr, "measuring")
	})

	var callers sync.WaitGroup
	if *rate == 0 {
		for n := range *inFlight {
			callers.Go(func() {
				random := rand.New(rand.NewPCG(7, uint64(n)))
				for time.Now().Before(end) {
					due := time.Now()
					record(due, calls[n%len(calls)](context.Background(), random))
				}
			})
		}
	} else {
		random := rand.New(rand.NewPCG(7, 7))
		interval := time.Second / time.Duration(*rate)
		var n atomic.Int64
		for due := begin.Add(-warm); due.Before(end); due = due.Add(interval) {
			time.Sleep(time.Until(due)) // a late call starts at once, and its delay counts
			seeded := rand.New(rand.NewPCG(random.Uint64(), 7))
			callers.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				defer cancel()
				record(due, calls[int(n.Add(1))%len(calls)](ctx, seeded))
			})
		}
	}
	callers.Wait()
	cpu := cpuSeconds() - cpuAtBegin

	at := int64(*split * 1e9)
	all := summarise(r.samples, 0, math.MaxInt64)
	each := []latencies{}
	for from := int64(0); from < int64(measured); from += int64(time.Second) {
		each = append(each, summarise(r.samples, from, from+int64(time.Second)))
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"perSecond": float64(all.Count) / measured.Seconds(), "all": all,
		"before": summarise(r.samples, 0, at), "after": summarise(r.samples, at, math.MaxInt64),
		"seconds": each, "errors": r.errors, "cpuSeconds": cpu,
	}); err != nil {
		log.Fatal(err)
	}
}
