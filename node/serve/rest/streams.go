package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"ringfence/node/api"
	"ringfence/node/serve/rest/internal/flow"
)

// publishInput is api.Publish without the mapping's own text, which comes as a
// part of the body.
type publishInput struct {
	Mapping  string `query:"mapping" maxLength:"1024" doc:"Name of a shipped mapping, or what the one in the body is called"`
	File     string `query:"file" maxLength:"1024" doc:"Name of the file, for records and messages"`
	Size     int64  `query:"size" minimum:"0" doc:"Bytes, for progress; the body's length if left out"`
	Country  string `query:"country" maxLength:"8" doc:"Calling code that replaces the mapping's"`
	AsOf     string `query:"as_of" maxLength:"10" doc:"Date of an undated file"`
	NewestOn string `query:"newest_on" maxLength:"10" doc:"Shift whole days so that the newest creation day is this"`
	DryRun   bool   `query:"dry_run" doc:"Say what would be published and change nothing"`
	Receipts bool   `query:"receipts" doc:"Tell which statement stands for each line, as it becomes durable"`
	Rejects  bool   `query:"rejects" doc:"Tell each row that is not taken, as it is found"`
}

func (in *publishInput) publish() api.Publish {
	return api.Publish{
		Mapping: in.Mapping, File: in.File, Size: in.Size, Country: in.Country, AsOf: in.AsOf, NewestOn: in.NewestOn, DryRun: in.DryRun,
	}
}

// planInput says what a plan file is.
type planInput struct {
	Format  string `query:"format" required:"true" enum:"libphonenumber-ranges,cn-ranges" doc:"Format of the file"`
	Country string `query:"country" maxLength:"8" doc:"Calling code"`
	Date    string `query:"date" required:"true" maxLength:"10" doc:"Of the data, YYYY-MM-DD"`
	Source  string `query:"source" required:"true" maxLength:"256" doc:"Where it comes from"`
}

// planName names an imported plan.
type planName struct {
	Country string `path:"country" maxLength:"8" doc:"Calling code"`
	Date    string `path:"date" maxLength:"10" doc:"Of the data, YYYY-MM-DD"`
}

// registerStreams adds what is too large to hold in memory.
func (f *face) registerStreams(a huma.API) {
	op := in(tagSaying, "Publish what a file says", describe("publish", http.MethodPost, api.PathPublications, publishing()))
	op.Description = "The answer is one JSON object a line: `progress` now and then while the file is still being sent, `rejected` and `receipt` rows if asked for, at the end `published` or `error`. A failure before the first line is a problem with its status. A mapping that the node does not have is sent as the part `mapping` of a multipart/form-data body, before the part `file`. At most 1 GiB."
	op.Responses = answering[api.PublishEvent](a, api.MediaEvents)
	huma.Register(a, op, func(_ context.Context, in *publishInput) (*huma.StreamResponse, error) {
		return streaming(func(w http.ResponseWriter, r *http.Request) { f.publish(w, r, in) }), nil
	})
	a.OpenAPI().Paths[api.PathPublications].Post.RequestBody = fileOrForm()

	op = in(tagNode, "Take a numbering plan in", describe("plan", http.MethodPost, api.PathPlans, keeping()))
	op.Description = "The body is the file, at most 64 MiB."
	op.Responses = answering[api.Plan](a, "application/json")
	huma.Register(a, op, func(_ context.Context, in *planInput) (*huma.StreamResponse, error) {
		return streaming(func(w http.ResponseWriter, r *http.Request) { f.importPlan(w, r, api.PlanImport(*in)) }), nil
	})
	a.OpenAPI().Paths[api.PathPlans].Post.RequestBody = &huma.RequestBody{
		Required: true, Content: map[string]*huma.MediaType{api.MediaBytes: {Schema: binary()}},
	}

	register(f, a, in(tagNode, "Undo the import of a numbering plan", describe("plan-remove", http.MethodDelete, api.PathPlan, keeping())),
		func(ctx context.Context, in *planName) (api.Plan, error) {
			return f.Service.RemovePlan(ctx, in.Country, in.Date)
		})

	op = in(tagNode, "Judge all that the node holds anew, from the genesis", describe("audit", http.MethodGet, api.PathAudit, keeping()))
	op.Description = "It takes some ten seconds and 1 GiB for a million ledger entries, so one is made at a time. What is wrong is told among the findings, and is no error."
	op.Responses = answering[api.Audit](a, "application/json")
	huma.Register(a, op, func(context.Context, *struct{}) (*huma.StreamResponse, error) { return streaming(f.audit), nil })

	op = in(tagNode, "A consistent backup of the running node", describe("backup", http.MethodGet, api.PathBackup, keeping()))
	op.Description = "A backup that breaks off ends the connection without an end of the body."
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The backup", Content: map[string]*huma.MediaType{api.MediaBytes: {Schema: binary()}},
	}}
	huma.Register(a, op, func(context.Context, *struct{}) (*huma.StreamResponse, error) { return streaming(f.backup), nil })
}

// streaming answers by a handler of the standard library.
func streaming(h http.HandlerFunc) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		h(w, r)
	}}
}

// answering documents the answer of a handler that writes it by itself.
func answering[T any](a huma.API, media string) map[string]*huma.Response {
	schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	return map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{media: {Schema: schema}}}}
}

func binary() *huma.Schema { return &huma.Schema{Type: "string", Format: "binary"} }

func fileOrForm() *huma.RequestBody {
	form := &huma.Schema{Type: "object", Required: []string{api.PartFile}, Properties: map[string]*huma.Schema{
		api.PartMapping: {Type: "string", Description: "A mapping as YAML"},
		api.PartFile:    binary(),
	}}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		api.MediaBytes: {Schema: binary()}, "multipart/form-data": {Schema: form},
	}}
}

// publish reads a file while it answers how far it is.
func (f *face) publish(w http.ResponseWriter, r *http.Request, in *publishInput) {
	p := in.publish()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	answer := &events{Writer: flow.NewWriter(w, api.MediaEvents, f.Limits.Patience), w: w, lost: cancel}
	sent := f.receive(w, r, api.MaxFile)
	file, err := sent.file(r, &p)
	if err == nil {
		// Answers may begin before the file has ended.
		if err = http.NewResponseController(w).EnableFullDuplex(); errors.Is(err, http.ErrNotSupported) {
			err = nil
		}
	}
	var result api.Published
	if err == nil {
		result, err = f.Service.Publish(ctx, p, file, answer.hearing(in))
	}
	if err != nil {
		answer.fail(f, r, sent.Or(err))
		return
	}
	answer.send(api.PublishEvent{Published: &result})
}

// importPlan takes a plan file in.
func (f *face) importPlan(w http.ResponseWriter, r *http.Request, p api.PlanImport) {
	sent := f.receive(w, r, api.MaxPlan)
	plan, err := f.Service.ImportPlan(r.Context(), p, sent)
	if err != nil {
		w.Header().Set("Connection", "close") // the rest of the file is not wanted
		f.write(w, r, f.failure(r.Context(), api.PathPlans, sent.Or(err)))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(plan); err != nil {
		f.Logger.Debug("client left", "route", api.PathPlans, "error", err)
	}
}

// audit tells what an audit found, which may take longer than any other answer: the time to
// write it begins when it is there.
func (f *face) audit(w http.ResponseWriter, r *http.Request) {
	to := flow.NewWriter(w, "application/json", f.Limits.Patience)
	found, err := f.Service.Audit(r.Context())
	if err != nil {
		f.write(w, r, f.failure(r.Context(), api.PathAudit, err))
		return
	}
	if err := json.NewEncoder(to).Encode(found); err != nil {
		f.Logger.Debug("client left", "route", api.PathAudit, "error", err)
	}
}

// backup streams a backup. What breaks off must not look whole: the
// connection is cut.
func (f *face) backup(w http.ResponseWriter, r *http.Request) {
	to := flow.NewWriter(w, api.MediaBytes, f.Limits.Patience)
	err := f.Service.Backup(r.Context(), to)
	switch {
	case err == nil:
		to.Begin()
	case !to.Begun():
		f.write(w, r, f.failure(r.Context(), api.PathBackup, err))
	default:
		f.Logger.Error("backup broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
}

// events is a stream of one JSON object a line.
type events struct {
	*flow.Writer
	w    http.ResponseWriter
	lost context.CancelFunc // gives the work up: nobody listens

	mu sync.Mutex // guards the writer
}

// hearing hears of a publication what was asked for.
func (e *events) hearing(in *publishInput) api.Hearing {
	h := api.Hearing{Progress: func(p api.Progress) { e.send(api.PublishEvent{Progress: &p}) }}
	if in.Rejects {
		h.Rejected = func(r api.RejectedRow) error { return e.write(api.PublishEvent{Rejected: &r}) }
	}
	if in.Receipts {
		h.Receipt = func(r api.ReceiptLine) error { return e.write(api.PublishEvent{Receipt: &r}) }
	}
	return h
}

// write adds a line that goes out with the next that is sent, or when there
// are enough of them. Whoever does not take them holds the work up.
func (e *events) write(v api.PublishEvent) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := json.NewEncoder(e.Writer).Encode(v)
	if err != nil {
		e.lost()
	}
	return err
}

func (e *events) send(v api.PublishEvent) {
	if e.write(v) != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Flush() != nil {
		e.lost()
	}
}

// fail ends with an error: as a status when nothing was said yet, else as the
// last line.
func (e *events) fail(f *face, r *http.Request, err error) {
	p := f.failure(r.Context(), api.PathPublications, err)
	if !e.Begun() {
		e.w.Header().Set("Connection", "close") // the rest of the file is not wanted
		f.write(e.w, r, p)
		return
	}
	e.send(api.PublishEvent{Error: p.Failure()})
}
