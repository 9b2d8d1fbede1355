// Command bench measures Placard beside servers written by hand on the same
// rows: see README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are what one run is asked for.
type options struct {
	engines []string
	// measures are what is measured: calls, import, list, mail.
	measures []string
	// sizes, imported, csv and docx are numbers of participants: in the databases
	// of the calls, in the file to import and in the lists.
	imported, csv, docx int
	// messages is how many messages are queued.
	messages    int
	sizes       []int
	only        []string
	rounds      int
	connections int
	duration    time.Duration
	warmUp      time.Duration
	// profiles is the folder for CPU profiles of Placard; empty: none.
	profiles string
	// dir is the folder of everything that the run makes.
	dir string
	// postgres is the URL of a server where databases may be made.
	postgres string
	// placard and profiled are the programs under test.
	placard, profiled string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) == 5 && os.Args[1] == "serve" {
		err = servePlain(ctx, os.Args[2], os.Args[3], os.Args[4])
	} else {
		err = run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context) (err error) {
	var o options
	engines := flag.String("engines", "sqlite,postgres", "engines, separated by commas")
	measures := flag.String("measure", "calls,import,list,mail", "what is measured, separated by commas")
	sizes := flag.String("sizes", "10000,1000000", "numbers of participants in the databases of the calls")
	flag.IntVar(&o.imported, "import", 100_000, "number of participants in the file to import")
	flag.IntVar(&o.csv, "csv", 100_000, "number of participants in the list as CSV")
	flag.IntVar(&o.docx, "docx", 10_000, "number of participants in the list as DOCX, 20,000 at the most")
	flag.IntVar(&o.messages, "messages", 10_000, "number of messages to send")
	only := flag.String("only", "", "only these operations: Get, List 100, Update, Submit 50")
	flag.IntVar(&o.rounds, "rounds", 3, "runs of each, of which the median is taken")
	flag.IntVar(&o.connections, "connections", 16, "connections of the load")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "how long each run is measured")
	flag.DurationVar(&o.warmUp, "warm-up", 500*time.Millisecond, "how long each run goes before that")
	flag.StringVar(&o.profiles, "profiles", "", "folder for CPU profiles of Placard, which make it a little slower")
	flag.Parse()
	o.engines = strings.Split(*engines, ",")
	o.measures = strings.Split(*measures, ",")
	for _, m := range o.measures {
		if !slices.Contains([]string{"calls", "import", "list", "mail"}, m) {
			return fmt.Errorf("-measure: %q is none of calls, import, list, mail", m)
		}
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, text := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-sizes: %w", err)
		}
		if n < perDelegation || n > 1000*perMeeting*perDelegation {
			return fmt.Errorf("-sizes: %d is not between %d and %d", n, perDelegation, 1000*perMeeting*perDelegation)
		}
		o.sizes = append(o.sizes, n)
	}
	o.postgres = os.Getenv("PLACARD_TEST_POSTGRES")
	if o.postgres == "" && slices.Contains(o.engines, postgres) {
		return errors.New("PLACARD_TEST_POSTGRES is not set: run scripts/with-postgres, or -engines sqlite")
	}
	if o.profiles != "" {
		if err := os.MkdirAll(o.profiles, 0o700); err != nil {
			return err
		}
	}
	if o.dir, err = os.MkdirTemp("", "placard-bench."); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	if err := build(ctx, &o); err != nil {
		return err
	}
	if slices.Contains(o.measures, "calls") {
		table, err := measureAll(ctx, o)
		if err != nil {
			return err
		}
		if err := table.print(os.Stdout, o); err != nil {
			return err
		}
	}
	inBulk := bulkTable{}
	for _, engine := range o.engines {
		if err := measureBulk(ctx, o, engine, inBulk); err != nil {
			return err
		}
	}
	if err := inBulk.print(os.Stdout, o); err != nil {
		return err
	}
	mails := mailTable{}
	if slices.Contains(o.measures, "mail") {
		for _, engine := range o.engines {
			if err := measureMail(ctx, o, engine, mails); err != nil {
				return fmt.Errorf("%s, %d messages: %w", engine, o.messages, err)
			}
		}
	}
	return mails.print(os.Stdout, o)
}

// build builds the programs under test, as `make build` does: Placard with the
// versions of its own module.
func build(ctx context.Context, o *options) error {
	o.placard, o.profiled = filepath.Join(o.dir, "placard"), filepath.Join(o.dir, "profiled")
	programs := map[string][2]string{o.placard: {"..", "./cmd/placard"}}
	if o.profiles != "" {
		programs[o.profiled] = [2]string{".", "./profile"}
	}
	for program, from := range programs {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, from[1]) //nolint:gosec // our own packages
		cmd.Dir = from[0]
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("build %s: %w", from[1], err)
		}
	}
	return nil
}

// measureAll measures everything, one server at a time, in turn.
func measureAll(ctx context.Context, o options) (table, error) {
	all, err := operations()
	if err != nil {
		return nil, err
	}
	t := table{}
	for _, engine := range o.engines {
		for _, size := range o.sizes {
			if err := measureOn(ctx, o, engine, size, all, t); err != nil {
				return nil, fmt.Errorf("%s, %d participants: %w", engine, size, err)
			}
		}
	}
	return t, nil
}

func measureOn(ctx context.Context, o options, engine string, size int, all []operation, t table) (err error) {
	progress("%s: seed %d participants", engine, size)
	d, err := openDatabase(ctx, o, engine, size, func(ctx context.Context, d *database) error { return d.fill(ctx) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.drop(context.WithoutCancel(ctx))) }()
	if err := compare(ctx, o, d, all); err != nil {
		return fmt.Errorf("before measuring: %w", err)
	}
	for _, op := range all {
		if len(o.only) > 0 && !slices.Contains(o.only, op.name) {
			continue
		}
		for way := range doors {
			for round := range o.rounds {
				for _, which := range []string{plainServer, placardServer} {
					r, err := measureOne(ctx, o, which, d, way, op, round)
					if err != nil {
						return fmt.Errorf("%s: %s through %s: %w", which, op.name, doors[way].name, err)
					}
					progress("%s %d: %s %s: %s: %.0f/s, %.3f s CPU for 1,000", engine, size, op.name, doors[way].name, which, r.rate, r.cpu)
					c := cell{engine, size, op.name, doors[way].name, which}
					t[c] = append(t[c], r)
				}
			}
		}
	}
	return d.placard(ctx, o, d.written, "check")
}

func measureOne(ctx context.Context, o options, which string, d *database, way int, op operation, round int) (_ result, err error) {
	at := d.seeded
	if op.writes {
		if at, err = d.forWrites(ctx); err != nil {
			return result{}, err
		}
	}
	profile := ""
	if o.profiles != "" && round == 0 {
		name := fmt.Sprintf("%s-%d-%s-%s.pprof", d.engine, d.participants, op.name, doors[way].name)
		profile = filepath.Join(o.profiles, strings.ReplaceAll(strings.ToLower(name), " ", "-"))
	}
	s, err := start(ctx, o, which, d, at, profile)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	return measure(ctx, o, s, d, way, op)
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
