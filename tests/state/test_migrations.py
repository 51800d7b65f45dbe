"""A database that an older Fanlight made is brought up to date, with what it held."""

from __future__ import annotations

from sqlalchemy import func, inspect, select, text

from fanlight.pipeline.home import Home
from fanlight.state import open_state, schema
from fanlight.state.state import HEAD

_SINCE_SECOND = ("custom_categories", "label_feedback", "rulesets")


def test_a_database_of_the_first_shape_gets_the_tables_that_came_later(home: Home) -> None:
    with home.state.tick() as tick:
        tick.set_fact("simulated", "yes")
        for name in _SINCE_SECOND:
            tick.connection.execute(text(f"DROP TABLE {name}"))
        tick.connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    home.state.close()
    opened = open_state(home.path)
    assert opened.fact("simulated") == "yes"
    with opened.view() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD
        assert connection.execute(select(func.count()).select_from(schema.custom_categories)).scalar_one() == 0
        assert set(schema.metadata.tables) <= set(inspect(connection).get_table_names())
