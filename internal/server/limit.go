package server

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"

	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/fault"
)

// Limits are how much a caller may ask of the server.
type Limits struct {
	// AddressRate is how many calls a second one address may make, on average,
	// and AddressBurst how many at once; a rate of 0 is no limit. A mission, or
	// a house of missions, has one address. An IPv6 network (/64) is one.
	AddressRate  float64
	AddressBurst int
	// PrincipalRate and PrincipalBurst are the same for one principal, through
	// all its keys.
	PrincipalRate  float64
	PrincipalBurst int
	// Deadline is how long a call may take, more than 0. Streams have 5 minutes
	// at least.
	Deadline time.Duration
}

// maxBuckets is how many callers a limiter remembers; some 10 MB.
const maxBuckets = 100_000

// limiter counts the calls of each caller (a token bucket each).
type limiter struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// newLimiter makes a limiter, nil for a rate of 0: no limit.
func newLimiter(perSecond float64, burst int, now func() time.Time) *limiter {
	if perSecond == 0 {
		return nil
	}
	return &limiter{rate: rate.Limit(perSecond), burst: max(burst, 1), now: now, buckets: map[string]*rate.Limiter{}}
}

// An address may try to sign in to the pages this often, on average and at
// once. Few people sign in to them, and each attempt may be a guess.
const (
	signInRate  = 1.0 / 6
	signInBurst = 20
)

// newSignInLimiter makes the limiter of attempts to sign in, nil where
// addresses have no limit.
func newSignInLimiter(addressRate float64, now func() time.Time) *limiter {
	if addressRate == 0 {
		return nil
	}
	return newLimiter(signInRate, signInBurst, now)
}

// take counts a call, or answers a fault that says when to come back.
func (l *limiter) take(caller string) error {
	if l == nil {
		return nil
	}
	now := l.now()
	reserved := l.bucket(caller, now).ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	reserved.CancelAt(now)
	after := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	return fault.New(codes.ResourceExhausted, "RATE_LIMITED",
		fmt.Sprintf("too many calls: try again in %s s", after), answer.RetryAfter, after)
}

func (l *limiter) bucket(caller string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[caller]; ok {
		return b
	}
	if len(l.buckets) >= maxBuckets {
		l.forget(now)
	}
	b := rate.NewLimiter(l.rate, l.burst)
	l.buckets[caller] = b
	return b
}

// forget makes room: first those who have not called for so long that a new
// bucket would be just as full, then any tenth.
func (l *limiter) forget(now time.Time) {
	for caller, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, caller)
		}
	}
	for caller := range l.buckets {
		if len(l.buckets) < maxBuckets*9/10 {
			return
		}
		delete(l.buckets, caller)
	}
}

// network is what is counted as one address: an IPv4 address, or the network
// (/64) of an IPv6 address, in which anybody may have as many as they like.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
