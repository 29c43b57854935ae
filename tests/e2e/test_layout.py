"""The network lab in every theme and at every size: nothing overlaps, is cut off, or scrolls aside;
and every control that is promised is used by a test.
"""

from __future__ import annotations

import inspect

import pytest
from playwright.sync_api import Page, expect

from playground.panels import PANELS
from tests.e2e import test_drawing, test_leave, test_network, test_panels, test_sweeps
from tests.e2e.conftest import Visit
from tests.e2e.looking import CONTRASTS, SIZES, themed, violations
from tests.e2e.test_network import drawn, press

SCREENS = ((1280, 800), (1920, 1080), (390, 844))

CONTROLS: dict[str, str] = {
    "gallery": "test_the_gallery_chooses_a_dataset_and_regenerate_draws_it_anew",
    "typed function": "test_a_typed_function_is_learnt_and_a_wrong_one_is_said_beside_it",
    "features and standardise": "test_features_are_read_by_the_network_and_none_is_refused",
    "draw, move, erase, undo": "test_points_are_added_moved_and_erased_while_it_trains_and_undone",
    "points by number": "test_the_first_point_that_is_drawn_begins_a_run",
    "points by keys": "test_the_plane_is_read_and_drawn_on_by_keys",
    "own data": "test_ones_own_table_is_pasted_uploaded_and_taken_along",
    "cursor": "test_the_cursor_reads_out_the_prediction",
    "discrete, hide test": "test_the_surface_is_continuous_or_discrete_and_tests_can_be_hidden",
    "confusion": "test_the_confusion_matrix_follows_the_run",
    "RMSE and R²": "test_numbers_are_held_against_what_was_wanted",
    "health of layers": "test_layers_show_gradients_and_weights_and_name_dead_units",
    "space": "test_space_bends_as_the_run_learns",
    "weight's update": "test_the_optimizers_numbers_for_a_chosen_weight",
    "compare": "test_a_pinned_run_is_laid_beside_a_later_one",
    "log": "test_the_loss_is_shown_linear_or_logarithmic",
    "neurons and layers": "test_neurons_and_layers_come_and_go_in_the_picture",
    "weights": "test_a_weight_is_read_by_hovering_and_set_by_a_click",
    "enlarged map": "test_a_neurons_map_is_enlarged_under_the_mouse_and_under_the_focus",
    "refused changes": "test_a_refused_change_is_said_beside_its_field_and_the_run_goes_on",
    "biases": "test_biases_are_bars_that_can_be_read_and_set",
    "changes and stop rule": "test_settings_change_while_it_runs_and_stop_rules_end_it",
    "graph inside": "test_the_graph_inside_opens_from_layers_to_neurons_to_operations",
    "weights file": "test_weights_go_out_and_come_back_in",
    "programs and data": "test_every_file_is_there_before_a_run_and_after",
    "replay": "test_a_replay_plays_from_a_file_without_a_network",
    "pictures": "test_pictures_are_files_that_can_be_read_without_the_page",
    "sweep": "test_a_sweep_is_started_from_the_lab_and_a_click_on_its_map_opens_that_run",
    "copy settings": "test_settings_are_copied_or_stand_selected",
    "play and pause": "test_pause_stops_the_run",
    "step": "test_step_adds_one",
    "reset": "test_reset_restores_the_first_frame",
    "speed": "test_the_speed_is_what_was_asked_for",
    "rare settings": "test_rare_settings_stay_unfolded_while_others_change",
    "softmax": "test_cross_entropy_trains_a_network_of_two_outputs",
    "slice": "test_the_four_points_show_bars_that_move_and_a_slice_through_the_third_input",
}
"""What can be done in the network lab, and the test that does it."""

CUT_OFF = """() => [...document.querySelectorAll(
    '#lab :is(button, label, h2, legend, summary, output, td, th, a)')]
    .filter((each) => each.checkVisibility()
        && !each.closest('.scroll, .pick.line, .visually-hidden')
        && getComputedStyle(each).overflow === 'hidden' && each.scrollWidth > each.clientWidth + 1)
    .map((each) => each.outerHTML.slice(0, 120))"""
OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll('#lab :is(button, input, select, h2, summary)')]
        .filter((each) => each.checkVisibility() && !each.closest('[hidden]'))
        .map((each) => [each, each.getBoundingClientRect()]).filter(([, box]) => box.width > 2);
    const found = [];
    for (const [one, a] of boxes) for (const [two, b] of boxes)
        if (one !== two && !one.contains(two) && !two.contains(one)
            && one.closest('section, fieldset') === two.closest('section, fieldset')
            && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
            found.push(`${one.outerHTML.slice(0, 80)} ~ ${two.outerHTML.slice(0, 80)}`);
    return found;
}"""


def opened(page: Page, panel: str) -> None:
    """Opens a tab, and waits until it is the one that is shown."""
    tab = page.locator(f"#tab-{panel}")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def test_every_control_of_the_table_has_its_test() -> None:
    modules = (test_drawing, test_leave, test_network, test_panels, test_sweeps)
    tests = {name for item in modules for name, _ in inspect.getmembers(item, inspect.isfunction)}
    assert set(CONTROLS.values()) <= tests


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_nothing_overlaps_or_is_cut_off_or_scrolls_aside(
    visit: Visit, width: int, height: int
) -> None:
    page = visit("/network?dataset=spiral&suggest=1", width, height)
    drawn(page)
    for theme in SIZES:
        themed(page, theme)
        for panel in PANELS:
            opened(page, panel)
            at = theme, panel
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), at
            assert (at, page.evaluate(CUT_OFF)) == (at, [])
            assert (at, page.evaluate(OVERLAPS)) == (at, [])


@pytest.mark.parametrize(
    ("theme", "width", "height"), [("Light", 1400, 900), ("Projector", 1280, 720)]
)
def test_what_matters_is_in_view_without_scrolling(
    visit: Visit, theme: str, width: int, height: int
) -> None:
    page = visit("/network", width, height)
    page.get_by_role("button", name=theme, exact=True).click()
    page.goto("/network")
    drawn(page)
    for name in ("#picture", "#surface", "#loss", "#step-out", "#loss-out", "#accuracy-out",
                 "#play"):  # fmt: skip
        box = page.locator(name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height, name
        assert box["width"] > 30, name


def test_axe_finds_nothing_in_the_network_lab(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    for theme in CONTRASTS:
        themed(page, theme)
        for panel in PANELS:
            opened(page, panel)
            assert (theme, panel, violations(page, theme)) == (theme, panel, [])
