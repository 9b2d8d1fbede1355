package main

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// The calls of the hand-written server through gRPC.

// GetParticipant answers one participant.
func (p *plain) GetParticipant(ctx context.Context, req *placardv1.GetParticipantRequest) (*placardv1.Participant, error) {
	out, err := p.get(ctx, callerOf(ctx), req.GetName())
	if err != nil {
		return nil, err
	}
	return out.proto(), nil
}

// ListParticipants answers those of one delegation.
func (p *plain) ListParticipants(ctx context.Context, req *placardv1.ListParticipantsRequest) (*placardv1.ListParticipantsResponse, error) {
	persons, err := p.list(ctx, callerOf(ctx), req.GetParent())
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListParticipantsResponse{Participants: make([]*placardv1.Participant, len(persons))}
	for i := range persons {
		out.Participants[i] = persons[i].proto()
	}
	return out, nil
}

// UpdateParticipant changes a phone number.
func (p *plain) UpdateParticipant(ctx context.Context, req *placardv1.UpdateParticipantRequest) (*placardv1.Participant, error) {
	out, err := p.correct(ctx, callerOf(ctx), req.GetParticipant().GetName(), req.GetParticipant().GetPhone())
	if err != nil {
		return nil, err
	}
	return out.proto(), nil
}

// SubmitDelegation takes a first submission.
func (p *plain) SubmitDelegation(ctx context.Context, req *placardv1.SubmitDelegationRequest) (*placardv1.SubmitDelegationResponse, error) {
	persons := make([]participant, len(req.GetParticipants()))
	for i, v := range req.GetParticipants() {
		persons[i] = participant{
			Honorific: v.GetHonorific(), GivenName: v.GetGivenName(), FamilyName: v.GetFamilyName(),
			LatinGivenName: v.GetLatinGivenName(), LatinFamilyName: v.GetLatinFamilyName(),
			FunctionalTitle: v.GetFunctionalTitle(), Organization: v.GetOrganization(), Role: v.GetRole().String(),
			Email: v.GetEmail(), Phone: v.GetPhone(), Language: v.GetLanguage(), Modality: v.GetModality().String(), ExternalID: v.GetExternalId(),
		}
	}
	out, err := p.submit(ctx, callerOf(ctx), req.GetName(), persons)
	if err != nil {
		return nil, err
	}
	d := out.Delegation
	answer := &placardv1.SubmitDelegationResponse{
		Delegation: &placardv1.Delegation{
			Name: d.Name, Entity: d.Entity, State: placardv1.Delegation_SUBMITTED, LatestRevision: d.LatestRevision,
			ParticipantCount: d.ParticipantCount, Late: d.Late, SubmitTime: timestamppb.New(d.SubmitTime), Channel: placardv1.Channel_API,
			CreateTime: timestamppb.New(d.CreateTime), UpdateTime: timestamppb.New(d.UpdateTime), Etag: d.Etag,
		},
		Difference: &placardv1.CompositionDifference{NeedsReview: out.Difference.NeedsReview},
	}
	for _, item := range out.Difference.Items {
		answer.Difference.Items = append(answer.Difference.Items, &placardv1.CompositionDifference_Item{
			Kind: placardv1.CompositionDifference_Item_ADDED, Participant: item.Participant, DisplayName: item.DisplayName, NeedsReview: item.NeedsReview,
		})
	}
	return answer, nil
}

func (p *participant) proto() *placardv1.Participant {
	return &placardv1.Participant{
		Name: p.Name, Honorific: p.Honorific, GivenName: p.GivenName, FamilyName: p.FamilyName,
		LatinGivenName: p.LatinGivenName, LatinFamilyName: p.LatinFamilyName, DisplayName: p.DisplayName,
		FunctionalTitle: p.FunctionalTitle, Organization: p.Organization,
		Role: placardv1.Participant_Role(placardv1.Participant_Role_value[p.Role]), Order: p.Order,
		Email: &p.Email, Phone: &p.Phone, Language: p.Language,
		Modality: placardv1.Participant_Modality(placardv1.Participant_Modality_value[p.Modality]), ExternalId: &p.ExternalID,
		State: placardv1.Participant_State(placardv1.Participant_State_value[p.State]), Revision: p.Revision,
		CreateTime: timestamppb.New(p.CreateTime), UpdateTime: timestamppb.New(p.UpdateTime), Etag: p.Etag,
	}
}
