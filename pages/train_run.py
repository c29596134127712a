"""A training under way: how far it is, how long it takes, its curves, and pause, resume and cancel."""

import streamlit as st

from medcore.charts import epoch_figure, growth_figure
from medcore.library import Job
from medcore.library.jobs import CANCEL, PAUSE
from medcore.training.progress import TrainingState, losses, newest_training
from pages.installation import open_library
from pages.words import counted, duration, moment, plain

STAGES = {
    "": "It waits for the background to begin.",
    "reading": "Reading the labelled films.",
    "training": "Training.",
    "measuring": "Measuring what it learnt, and comparing it with the live model.",
}
ENDED = {
    "done": "The training has ended.",
    "failed": "The training ended early.",
    "dead": "The training was given up.",
    "cancelled": "The training was cancelled. The live model is as it was.",
}
CHART = {"displayModeBar": False}


@st.fragment(run_every="2s")
def show_run(run_id: int) -> None:
    """Show how a training stands, anew every two seconds."""
    state = newest_training(open_library())
    if state is None or state.run.id != run_id or not state.is_under_way or state.job is None:
        st.rerun()
        return
    job = state.job
    stage = STAGES[str(job.working_on.get("stage", ""))]
    share = job.done / job.total if job.total else 0.0
    left = f" About {duration(state.seconds_left)} left." if state.seconds_left is not None else ""
    waits = {"pause": " It pauses as soon as it can.", "cancel": " It ends as soon as it can."}.get(job.wish, "")
    st.progress(min(share, 1.0), f"{'Paused.' if job.state == 'paused' else stage}{left}{waits}")
    show_buttons(job.id, paused=job.state == "paused", heeded=not job.wish)
    show_curves(state)


def show_buttons(job_id: int, *, paused: bool, heeded: bool) -> None:
    """Offer to pause, to go on and to cancel."""
    jobs = open_library().jobs
    with st.container(horizontal=True):
        if paused:
            st.button("Resume", icon=":material/play_arrow:", key="train_resume", on_click=jobs.resume, args=(job_id,))
        else:
            st.button(
                "Pause", icon=":material/pause:", key="train_pause", disabled=not heeded,
                on_click=jobs.wish, args=(job_id, PAUSE),
            )  # fmt: skip
        st.button(
            "Cancel", icon=":material/stop:", key="train_cancel", disabled=not heeded,
            on_click=jobs.wish, args=(job_id, CANCEL),
        )  # fmt: skip
    st.caption("You can leave this page: it goes on in the background, and here again when you come back.")


def show_curves(state: TrainingState) -> None:
    """Draw what the epochs reached so far."""
    if not state.epochs:
        st.caption("The curves appear after the first epoch.")
        return
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss**")
        st.plotly_chart(epoch_figure(losses(state.epochs), "Loss"), key="train_loss_curve", config=CHART, alt="Loss")
    with right:
        st.markdown("**Area under the ROC curve, validation films**")
        areas = {"Validation films": [epoch.validation_auc for epoch in state.epochs]}
        curve = epoch_figure(areas, "Area", most=1)
        st.plotly_chart(curve, key="train_auc_curve", config=CHART, alt="Area under the curve")


def show_ended(state: TrainingState) -> None:
    """Say how the newest training ended, and with what."""
    job = state.job
    if job is None:
        st.text("The last training is no longer in the list of jobs.")
        return
    said = ENDED.get(job.state, "")
    if job.error:
        st.error(plain(job.error), icon=":material/error:")
    st.text(f"{said} Started by {state.run.who}, {moment(state.run.created_at)} (name not verified).")
    left_out = job.working_on.get("left_out", [])
    if left_out:
        with st.expander(f"{counted(len(left_out), 'image')} left out, and why"):
            for one in left_out[:200]:
                st.text(f"Study {one['study_id']}: {one['reason']}")
    show_curves(state)
    if job.result.get("advice"):
        show_learning(job)


def show_learning(job: Job) -> None:
    """Show what more and more labels brought each class."""
    points = job.result["learning curve"]
    st.markdown("**Would more labels help?**")
    st.text(str(job.result["advice"]))
    areas = {name: [point["areas"][name] for point in points] for name in points[0]["areas"]}
    figure = growth_figure(areas, [point["films"] for point in points])
    st.plotly_chart(figure, key="train_learning", config=CHART, alt="Learning curve")
