package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrUnavailable answers that there is no LibreOffice.
var ErrUnavailable = errors.New("LibreOffice is not installed")

// DefaultProgram is what LibreOffice is called.
const DefaultProgram = "soffice"

// maxConversion is how long a turn may take.
const maxConversion = 4 * time.Minute

// Office turns documents into PDF with LibreOffice: one at a time, because each
// takes a processor and some 300 MB.
type Office struct {
	program string
	turn    chan struct{}
}

// NewOffice makes an Office of a program, by its path or by a name that is looked
// up in PATH. Empty means DefaultProgram.
func NewOffice(program string) *Office {
	if program == "" {
		program = DefaultProgram
	}
	return &Office{program: program, turn: make(chan struct{}, 1)}
}

// Available answers ErrUnavailable where the program is not there.
func (o *Office) Available() error {
	if _, err := exec.LookPath(o.program); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// PDF has a document written, turns it into PDF, and gives that to `read`. It
// waits for its turn. Nothing stays of either file.
func (o *Office) PDF(ctx context.Context, write func(io.Writer) error, read func(io.Reader) error) error {
	return o.PDFs(ctx, 1,
		func(_ int, w io.Writer) error { return write(w) }, func(_ int, r io.Reader) error { return read(r) })
}

// PDFs is PDF of several documents, by their numbers from 0, in one turn. LibreOffice
// starts once for all of them, which is most of the time that a short one takes.
func (o *Office) PDFs(
	ctx context.Context, n int, write func(i int, w io.Writer) error, read func(i int, r io.Reader) error,
) (err error) {
	if err := o.Available(); err != nil {
		return err
	}
	select {
	case o.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for LibreOffice: %w", ctx.Err())
	}
	held := true
	release := func() {
		if held {
			held = false
			<-o.turn
		}
	}
	defer release()
	dir, err := os.MkdirTemp("", "placard-document-")
	if err != nil {
		return fmt.Errorf("make folder for a document: %w", err)
	}
	defer func() {
		if rerr := os.RemoveAll(dir); rerr != nil {
			err = errors.Join(err, fmt.Errorf("remove folder of a document: %w", rerr))
		}
	}()
	sources := make([]string, n)
	for i := range sources {
		sources[i] = filepath.Join(dir, fmt.Sprintf("document%d.docx", i))
		if err := writeFile(sources[i], func(w io.Writer) error { return write(i, w) }); err != nil {
			return err
		}
	}
	if err := o.convert(ctx, dir, sources); err != nil {
		return err
	}
	// Whoever reads slowly keeps nobody waiting.
	release()
	for i, source := range sources {
		if err := readFile(pdfOf(source), func(r io.Reader) error { return read(i, r) }); err != nil {
			return err
		}
	}
	return nil
}

// pdfOf is where LibreOffice puts what it makes of a document.
func pdfOf(source string) string { return strings.TrimSuffix(source, ".docx") + ".pdf" }

func readFile(path string, read func(io.Reader) error) error {
	f, err := os.Open(path) //nolint:gosec // in the folder just made
	if err != nil {
		return fmt.Errorf("open PDF: %w", err)
	}
	defer func() { _ = f.Close() }() // it was read only
	return read(f)
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // in the folder just made
	if err != nil {
		return fmt.Errorf("make document: %w", err)
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// convert runs LibreOffice, with a profile of its own, so that it neither finds
// nor disturbs another, and without the variables of this process, which may
// hold secrets. Whatever it starts ends with it.
func (o *Office) convert(ctx context.Context, dir string, sources []string) error {
	ctx, cancel := context.WithTimeout(ctx, maxConversion)
	defer cancel()
	//nolint:gosec // the program is a setting
	cmd := exec.CommandContext(ctx, o.program, append([]string{
		"-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(dir, "profile")),
		"--headless", "--norestore", "--nolockcheck", "--nodefault", "--convert-to", "pdf:writer_pdf_Export", "--outdir", dir,
	}, sources...)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "LANG=C.UTF-8"}
	said := &tail{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("LibreOffice was stopped: %w", ctx.Err())
		}
		return fmt.Errorf("run LibreOffice: %w: %s", err, said)
	}
	// It ends well also where it could not read the document.
	for _, source := range sources {
		if _, err := os.Stat(pdfOf(source)); err != nil {
			return fmt.Errorf("LibreOffice made no PDF: %s", said)
		}
	}
	return nil
}

// tail keeps the end of what a program says.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-1000):]
	return len(b), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }
