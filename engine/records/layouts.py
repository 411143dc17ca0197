"""The memory of report forms as rows."""

from __future__ import annotations

from engine.domain import layout as forms
from engine.domain.layout import Layout, LayoutState
from engine.records.values import Row, micros, moment


def texts_of(layout: Layout) -> tuple[str, ...]:
    """The first columns of a form: id, sender, lab, form, state."""
    return layout.id, layout.sender, layout.lab, forms.dumps(layout.form), layout.state.value


def counts_of(layout: Layout) -> tuple[int, int, str]:
    """Its further columns: how many documents, since when, and the first message."""
    return layout.documents, micros(layout.first_at), layout.message_id


def layout(row: Row) -> Layout:
    """A form of its row."""
    sender, lab, form, state, documents, first_at, message_id, decided_by = row
    return Layout(
        sender=sender,
        lab=lab,
        form=forms.loads(form),
        state=LayoutState(state),
        documents=documents,
        first_at=moment(first_at),
        message_id=message_id,
        decided_by=decided_by,
    )
