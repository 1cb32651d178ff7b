package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// maxTemplates is how many templates are offered at the most.
const maxTemplates = 60

// listTemplates are the partner's published templates. The call is the visitor's, who waits for it.
func (s *Server) listTemplates(ctx context.Context, who visitor, ids ...zapier.ID) ([]zapier.ZapTemplate, error) {
	var list []zapier.ZapTemplate
	for template, err := range s.zapierFor(who.State).ZapTemplates(ctx, zapier.ZapTemplatesOptions{Templates: ids}) {
		if err != nil {
			return nil, err
		}
		if template.Status == "draft" {
			continue
		}
		if list = append(list, template); len(list) == maxTemplates {
			break
		}
	}
	return list, nil
}

func (s *Server) templateCard(template zapier.ZapTemplate) templates.TemplateCard {
	card := templates.TemplateCard{
		ID: string(template.ID), Title: s.titled(template.Title),
		Description: shorten(strings.TrimSpace(template.DescriptionPlain), maxValue),
	}
	for _, step := range template.Steps {
		card.Apps = addApp(card.Apps, templates.App{ID: step.UUID, Title: step.Title, Image: step.Image, Color: step.HexColor})
	}
	return card
}

// startFromTemplate is POST /zaps/new/template with the form field template: a draft with the template's Apps.
func (s *Server) startFromTemplate(w http.ResponseWriter, r *http.Request) error {
	who, done, err := s.beginStart(w, r)
	if err != nil || done {
		return err
	}
	planned, err := s.planTemplate(r.Context(), who, zapier.ID(r.PostForm.Get("template")))
	if err != nil {
		return retryAt(err, "/zaps/new")
	}
	return s.startDraft(w, r, who, planned)
}

// planTemplate is a draft with the Apps of a template.
func (s *Server) planTemplate(ctx context.Context, who visitor, id zapier.ID) (draft.Draft, error) {
	list, err := s.listTemplates(ctx, who, id)
	if err != nil {
		return draft.Draft{}, partnerError(err)
	}
	at := slices.IndexFunc(list, func(template zapier.ZapTemplate) bool { return id != "" && template.ID == id })
	if at < 0 {
		return draft.Draft{}, &Error{Code: "template-not-found", Status: http.StatusNotFound}
	}
	apps, err := s.templateApps(ctx, who, list[at])
	if err != nil {
		return draft.Draft{}, err
	}
	d := draft.New(list[at].Title)
	for i, step := range list[at].Steps {
		fillStep(&d, i, apps[strings.ToLower(step.UUID)], nil)
	}
	return d, nil
}

// templateApps are a template's Apps as the directory has them now, by id: a template tells neither whether an App needs
// an Authentication nor whether it is still there.
func (s *Server) templateApps(ctx context.Context, who visitor, template zapier.ZapTemplate) (map[string]draft.App, error) {
	var ids []string
	for _, step := range template.Steps {
		if uuidPattern.MatchString(step.UUID) && !slices.Contains(ids, step.UUID) {
			ids = append(ids, step.UUID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.zapierFor(who.State).ListApps(ctx, zapier.ListAppsOptions{IDs: ids, Limit: len(ids)})
	if err != nil {
		return nil, err
	}
	apps := map[string]draft.App{}
	for _, app := range found.Data {
		apps[strings.ToLower(app.ID)] = draftApp(app)
	}
	return apps, nil
}
