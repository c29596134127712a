"""The table of jobs: nothing is taken twice, nothing is lost, nothing runs for ever."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medcore.library import Job, Library, Looking
from medcore.library.jobs import MAX_ATTEMPTS, SILENT_S
from medcore.library.schema import Job as JobRow
from medcore.settings import Settings
from tests.libraries import Bring, make_answer, make_attributes, quick_check

TAKER = """
import sys
from pathlib import Path
from medcore.library import Library
from medcore.settings import Settings
library = Library.open(Settings(data_dir=Path(sys.argv[1]), models_dir=Path(sys.argv[1])))
sys.stdin.readline()
while (job := library.jobs.take(sys.argv[2])) is not None:
    print(job.id)
    library.jobs.finish(job.id, owner=sys.argv[2])
"""


def age(library: Library, job_id: int, **columns: float) -> None:
    """Make a job's moments older by so many seconds."""
    with library._database.writing() as session:
        job = session.get_one(JobRow, job_id)
        for column, seconds in columns.items():
            setattr(job, column, datetime.now(UTC) - timedelta(seconds=seconds))


def state(library: Library, job_id: int) -> str:
    job = library.jobs.get(job_id)
    assert job is not None
    return job.state


def take(library: Library, owner: str = "worker") -> Job:
    job = library.jobs.take(owner)
    assert job is not None
    return job


def test_the_most_urgent_job_is_taken_first_and_the_oldest_of_these(library: Library) -> None:
    low, first, second = (library.jobs.enqueue("predict", {}, priority) for priority in (0, 10, 10))
    assert [take(library).id for _ in range(3)] == [first, second, low]
    assert library.jobs.take("worker") is None


def test_a_job_carries_its_payload_progress_and_result(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {"study": 7})
    job = take(library)
    assert (job.payload, job.attempts, job.total) == ({"study": 7}, 1, 0)
    assert library.jobs.heartbeat(job_id, (3, 12))
    (running,) = library.jobs.active()
    assert (running.state, running.done, running.total) == ("running", 3, 12)
    assert library.jobs.finish(job_id, {"images": 12})
    assert library.jobs.active() == ()
    done = library.jobs.get(job_id)
    assert done is not None
    assert (done.state, done.result) == ("done", {"images": 12})


def test_two_processes_never_take_the_same_job(library: Library, settings: Settings) -> None:
    ids = [library.jobs.enqueue("predict", {"number": number}) for number in range(60)]
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, str(settings.data_dir), owner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for owner in ("one", "two")
    ]
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()
    taken = [[int(line) for line in taker.communicate(timeout=120)[0].split()] for taker in takers]
    assert Counter(taken[0] + taken[1]) == Counter(ids)


def test_a_job_whose_owner_fell_silent_is_queued_again(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {})
    take(library, "first")
    assert library.jobs.recover() == 0
    age(library, job_id, heartbeat_at=SILENT_S + 1)
    assert library.jobs.recover() == 1
    assert take(library, "second").attempts == 2


def test_nothing_is_shown_as_running_that_nobody_runs(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {})
    take(library, "killed")
    age(library, job_id, heartbeat_at=SILENT_S + 1)
    assert [job.state for job in library.jobs.active()] == ["queued"]


def test_a_job_that_ends_its_worker_each_time_is_given_up_with_a_sentence(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {})
    for _ in range(MAX_ATTEMPTS):
        take(library)
        library.jobs.recover(older_than_s=0)
    job = library.jobs.get(job_id)
    assert job is not None
    assert job.state == "dead"
    assert f"after {MAX_ATTEMPTS} attempts" in job.error
    assert library.jobs.take("worker") is None


def test_an_owner_that_was_taken_for_dead_changes_nothing_any_more(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {})
    take(library, "first")
    library.jobs.recover(older_than_s=0)
    take(library, "second")
    assert not library.jobs.heartbeat(job_id, owner="first")
    assert not library.jobs.finish(job_id, owner="first")
    assert not library.jobs.fail(job_id, "No.", owner="first")
    assert state(library, job_id) == "running"
    assert library.jobs.finish(job_id, owner="second")


def test_an_orderly_stop_costs_no_attempt(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {})
    for _ in range(MAX_ATTEMPTS + 1):
        take(library)
        library.jobs.give_back(job_id, owner="worker", counted=False)
    assert take(library).attempts == 1


def test_a_failed_job_says_why_and_is_not_tried_again(library: Library) -> None:
    job_id = library.jobs.enqueue("predict", {})
    take(library)
    library.jobs.fail(job_id, "The model is missing. Restore it.")
    assert library.jobs.take("worker") is None
    job = library.jobs.get(job_id)
    assert job is not None
    assert (job.state, job.error) == ("failed", "The model is missing. Restore it.")


def test_jobs_that_ended_long_ago_are_forgotten_and_others_kept(library: Library) -> None:
    old, recent, waiting = (library.jobs.enqueue("predict", {"number": number}) for number in range(3))
    for job_id in (old, recent):
        take(library)
        library.jobs.finish(job_id)
    age(library, old, finished_at=40 * 86400)
    library.jobs.forget_old()
    assert library.jobs.get(old) is None
    assert (state(library, recent), state(library, waiting)) == ("done", "queued")


def test_one_job_waits_for_all_images_of_an_intake(
    library: Library, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.library.adding.BATCH", 2)
    bring(*(make_attributes() for _ in range(5)))
    (job,) = library.jobs.active()
    assert job.kind == "predict"
    assert len(library.unpredicted("any", intake_id=job.payload["intake"])) == 5
    assert library.jobs.take("worker") is not None


def test_a_study_that_somebody_has_opened_goes_first_and_is_asked_for_once(library: Library, bring: Bring) -> None:
    first, second = (bring(make_attributes()).studies[0] for _ in range(2))
    library.hurry(second)
    library.hurry(second)
    assert [job.payload for job in library.jobs.active()][0] == {"study": second}
    assert len(library.jobs.active()) == 3
    take(library)
    library.hurry(second)
    library.hurry(first)
    assert len(library.jobs.active()) == 4


def test_predictions_wait_while_files_are_coming_in(
    library: Library, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def watched(*arguments: object) -> object:
        for outcome in quick_check([make_attributes() for _ in range(4)])(*arguments):
            seen.append((len(library.jobs.active()), library.jobs.take("eager")))
            yield outcome

    monkeypatch.setattr("medcore.library.adding.BATCH", 1)
    monkeypatch.setattr("medcore.dicom.check_files", watched)
    library.add([])
    assert seen == [(0, None), (1, None), (1, None), (1, None)]
    assert library.jobs.take("eager") is not None


def test_a_model_that_cannot_be_loaded_is_said_and_not_asked_for_again_at_once(library: Library, bring: Bring) -> None:
    (study_id,) = bring(make_attributes()).studies
    assert library.looking(study_id) == Looking(0, 1, "")
    intake = take(library)
    library.jobs.fail(intake.id, "The model is missing. Restore it.")
    assert library.looking(study_id).failure == "The model is missing. Restore it."
    library.hurry(study_id)
    assert library.jobs.active() == ()
    age(library, intake.id, finished_at=700)
    library.hurry(study_id)
    (job,) = library.jobs.active()
    assert (job.payload, job.total, library.looking(study_id).failure) == ({"study": study_id}, 1, "")


def test_a_bulk_that_was_given_up_does_not_keep_a_study_from_being_looked_at(library: Library, bring: Bring) -> None:
    (study_id,) = bring(make_attributes()).studies
    for _ in range(MAX_ATTEMPTS):
        take(library)
        library.jobs.recover(older_than_s=0)
    assert "attempts" in library.looking(study_id).failure
    library.hurry(study_id)
    assert library.looking(study_id).failure == ""
    for _ in range(MAX_ATTEMPTS):
        take(library)
        library.jobs.recover(older_than_s=0)
    library.hurry(study_id)
    assert library.jobs.active() == ()


def test_a_study_that_nothing_is_under_way_for_says_so_and_one_that_is_answered_does_not(
    library: Library, bring: Bring
) -> None:
    summary = bring(make_attributes())
    library.jobs.finish(take(library).id)
    assert "open it again" in library.looking(summary.studies[0]).failure
    library.save_prediction(summary.instances[0], make_answer())
    assert library.looking(summary.studies[0]) == Looking(1, 1, "")


def test_a_job_that_waits_says_how_much_there_is_to_do(library: Library, bring: Bring) -> None:
    bring(*(make_attributes() for _ in range(5)))
    assert [(job.state, job.done, job.total) for job in library.jobs.active()] == [("queued", 0, 5)]


def test_a_job_that_waits_pauses_at_once_and_goes_on_when_it_is_resumed(library: Library) -> None:
    job_id = library.jobs.enqueue("train", {})
    assert library.jobs.wish(job_id, "pause")
    assert state(library, job_id) == "paused"
    assert library.jobs.take("worker") is None
    assert library.jobs.resume(job_id)
    assert take(library).id == job_id
    assert not library.jobs.resume(job_id)


@pytest.mark.parametrize(("wish", "becomes"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_running_job_is_told_the_wish_and_heeds_it_by_giving_itself_back(
    library: Library, wish: str, becomes: str
) -> None:
    job_id = library.jobs.enqueue("train", {})
    job = take(library)
    assert library.jobs.wish(job_id, wish)
    now = library.jobs.get(job_id)
    assert now is not None and (now.state, now.wish) == ("running", wish)
    assert library.jobs.give_back(job_id, owner=job.owner, counted=False)
    assert state(library, job_id) == becomes
    assert library.jobs.take("worker") is None


def test_a_wish_is_heeded_although_the_owner_died(library: Library) -> None:
    job_id = library.jobs.enqueue("train", {})
    take(library)
    library.jobs.wish(job_id, "cancel")
    age(library, job_id, heartbeat_at=SILENT_S + 1)
    library.jobs.recover()
    assert state(library, job_id) == "cancelled"


def test_what_has_ended_can_no_longer_be_wished_for(library: Library) -> None:
    job_id = library.jobs.enqueue("train", {})
    take(library)
    library.jobs.finish(job_id)
    assert not library.jobs.wish(job_id, "cancel")
    assert state(library, job_id) == "done"


def test_how_a_training_ended_is_not_forgotten(library: Library) -> None:
    ids = [library.jobs.enqueue(kind, {}) for kind in ("train", "predict")]
    for _ in ids:
        library.jobs.finish(take(library).id)
    for job_id in ids:
        age(library, job_id, finished_at=40 * 24 * 3600)
    library.jobs.forget_old()
    assert [library.jobs.get(job_id) is None for job_id in ids] == [False, True]
