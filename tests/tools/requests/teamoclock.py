from tests.tools.requests import Row

RETRO = "r204c36ysi7z01"

ROWS = [
    Row("teamoclock_list_members", {}, "GET /members"),
    Row(
        "teamoclock_create_member",
        {
            "username": "eva.lang",
            "email": "eva.lang@acme.example",
            "first_name": "Eva",
            "last_name": "Lang",
            "avatar": "eva.jpg",
            "role": "manager",
        },
        "POST /members",
        {
            "data": {
                "username": "eva.lang",
                "first_name": "Eva",
                "last_name": "Lang",
                "email": "eva.lang@acme.example",
                "avatar": "eva.jpg",
                "role": "manager",
            }
        },
    ),
    Row(
        "teamoclock_create_member",
        {"username": "eva.lang", "email": "eva.lang@acme.example"},
        "POST /members",
        {"data": {"username": "eva.lang", "email": "eva.lang@acme.example"}},
    ),
    Row("teamoclock_get_member", {"username": "joe.doe"}, "GET /members/joe.doe"),
    Row(
        "teamoclock_update_member",
        {
            "username": "joe.doe",
            "new_username": "joseph.doe",
            "first_name": "Joseph",
            "last_name": "Doe",
            "email": "joseph@acme.example",
            "avatar": "joseph.jpg",
            "role": "administrator",
        },
        "PATCH /members/joe.doe",
        {
            "data": {
                "username": "joseph.doe",
                "first_name": "Joseph",
                "last_name": "Doe",
                "email": "joseph@acme.example",
                "avatar": "joseph.jpg",
                "role": "administrator",
            }
        },
    ),
    Row(
        "teamoclock_update_member",
        {"username": "Joe Doe", "first_name": None, "last_name": None, "avatar": None},
        "PATCH /members/joe.doe",
        {"data": {"first_name": None, "last_name": None, "avatar": None}},
    ),
    Row("teamoclock_delete_member", {"username": "joe.doe"}, "DELETE /members/joe.doe"),
    Row("teamoclock_list_teams", {}, "GET /teams"),
    Row(
        "teamoclock_create_team",
        {"name": "My team", "slug": "my-team", "video_url": "https://meet.acme.example/my", "mood_enabled": False},
        "POST /teams",
        {
            "data": {
                "name": "My team",
                "slug": "my-team",
                "video_url": "https://meet.acme.example/my",
                "mood_enabled": False,
            }
        },
    ),
    Row("teamoclock_get_team", {"team": "platform"}, "GET /teams/platform"),
    Row(
        "teamoclock_update_team",
        {
            "team": "platform",
            "name": "Foundation",
            "new_slug": "foundation",
            "video_url": "https://meet.acme.example/f",
            "mood_enabled": False,
        },
        "PATCH /teams/platform",
        {
            "data": {
                "name": "Foundation",
                "slug": "foundation",
                "video_url": "https://meet.acme.example/f",
                "mood_enabled": False,
            }
        },
    ),
    Row(
        "teamoclock_update_team",
        {"team": "Platform", "video_url": None},
        "PATCH /teams/platform",
        {"data": {"video_url": None}},
    ),
    Row("teamoclock_delete_team", {"team": "mobile"}, "DELETE /teams/mobile"),
    Row("teamoclock_list_team_members", {"team": "payments"}, "GET /teams/payments/members"),
    Row(
        "teamoclock_add_team_members",
        {"team": "payments", "usernames": ["joe.doe", "ada.osei"]},
        "POST /teams/payments/members",
        {"data": [{"username": "joe.doe"}, {"username": "ada.osei"}]},
    ),
    Row(
        "teamoclock_remove_team_members",
        {"team": "payments", "usernames": ["tom.ruiz"]},
        "DELETE /teams/payments/members",
        {"data": [{"username": "tom.ruiz"}]},
    ),
    Row("teamoclock_list_standups", {}, "GET /standup"),
    Row("teamoclock_list_standups", {"team": "platform"}, "GET /standup?filter%5Bteam%5D=platform"),
    Row("teamoclock_create_standup", {"team": "mobile"}, "POST /standup", {"data": {"team": {"slug": "mobile"}}}),
    Row("teamoclock_get_standup", {"standup_id": "platform"}, "GET /standup/platform"),
    Row("teamoclock_delete_standup", {"standup_id": "platform"}, "DELETE /standup/platform"),
    Row("teamoclock_list_planning_pokers", {}, "GET /planpoker"),
    Row("teamoclock_list_planning_pokers", {"team": "platform"}, "GET /planpoker?filter%5Bteam%5D=platform"),
    Row(
        "teamoclock_create_planning_poker",
        {"team": "mobile"},
        "POST /planpoker",
        {"data": {"team": {"slug": "mobile"}}},
    ),
    Row(
        "teamoclock_create_planning_poker",
        {"team": "mobile", "facilitator": "nora.haas"},
        "POST /planpoker",
        {"data": {"team": {"slug": "mobile"}, "facilitator": {"username": "nora.haas"}}},
    ),
    Row("teamoclock_get_planning_poker", {"planning_poker_id": "platform"}, "GET /planpoker/platform"),
    Row("teamoclock_delete_planning_poker", {"planning_poker_id": "platform"}, "DELETE /planpoker/platform"),
    Row("teamoclock_list_planning_poker_tasks", {"planning_poker_id": "platform"}, "GET /planpoker/platform/tasks"),
    Row(
        "teamoclock_create_planning_poker_task",
        {"planning_poker_id": "platform", "text": "As a user I would like…"},
        "POST /planpoker/platform/tasks",
        {"data": {"text": "As a user I would like…"}},
    ),
    Row(
        "teamoclock_get_planning_poker_task",
        {"planning_poker_id": "platform", "task_id": "t01"},
        "GET /planpoker/platform/tasks/t01",
    ),
    Row(
        "teamoclock_delete_planning_poker_task",
        {"planning_poker_id": "platform", "task_id": "t01"},
        "DELETE /planpoker/platform/tasks/t01",
    ),
    Row("teamoclock_list_retros", {}, "GET /retro"),
    Row("teamoclock_list_retros", {"team": "platform"}, "GET /retro?filter%5Bteam%5D=platform"),
    Row("teamoclock_create_retro", {"team": "platform"}, "POST /retro", {"data": {"team": {"slug": "platform"}}}),
    Row(
        "teamoclock_create_retro",
        {"team": "platform", "facilitator": "joe.doe"},
        "POST /retro",
        {"data": {"team": {"slug": "platform"}, "facilitator": {"username": "joe.doe"}}},
    ),
    Row("teamoclock_get_retro", {"retro_id": RETRO}, f"GET /retro/{RETRO}"),
    Row("teamoclock_delete_retro", {"retro_id": RETRO}, f"DELETE /retro/{RETRO}"),
    Row("teamoclock_list_action_items", {}, "GET /actionitems"),
    Row(
        "teamoclock_list_action_items",
        {"team": "platform", "status": "open", "cursor": "121", "limit": 5},
        "GET /actionitems?filter%5Bteam%5D=platform&filter%5Bstatus%5D=open&cursor=121",
    ),
    Row(
        "teamoclock_create_action_item",
        {"team": "platform", "text": "Rewrite everything"},
        "POST /actionitems",
        {"data": {"text": "Rewrite everything", "team": {"slug": "platform"}}},
    ),
    Row(
        "teamoclock_create_action_item",
        {"team": "platform", "text": "Rewrite everything", "resolved": False},
        "POST /actionitems",
        {"data": {"text": "Rewrite everything", "resolved": False, "team": {"slug": "platform"}}},
    ),
    Row("teamoclock_get_action_item", {"action_item_id": "A1"}, "GET /actionitems/A1"),
    Row(
        "teamoclock_update_action_item",
        {"action_item_id": "A1", "text": "Rewrite a little", "resolved": True},
        "PATCH /actionitems/A1",
        {"data": {"text": "Rewrite a little", "resolved": True}},
    ),
    Row(
        "teamoclock_update_action_item",
        {"action_item_id": "A1", "resolved": False},
        "PATCH /actionitems/A1",
        {"data": {"resolved": False}},
    ),
    Row("teamoclock_delete_action_item", {"action_item_id": "A1"}, "DELETE /actionitems/A1"),
    Row("teamoclock_list_timeline", {}, "GET /timeline"),
    Row(
        "teamoclock_list_timeline",
        {"since": "2026-11-10", "type": "retro", "cursor": "121"},
        "GET /timeline?filter%5Bsince%5D=2026-11-10T23%3A59%3A59Z&filter%5Btype%5D=retro&cursor=121",
    ),
    Row(
        "teamoclock_list_timeline",
        {"team": "platform", "since": "2026-11-20", "back_to": "2026-11-12"},
        "GET /timeline?filter%5Bsince%5D=2026-11-20T23%3A59%3A59Z",
    ),
    Row(
        "teamoclock_list_timeline",
        {"since": "2026-11-10T09:30:00+02:00"},
        "GET /timeline?filter%5Bsince%5D=2026-11-10T07%3A30%3A00Z",
    ),
    Row("teamoclock_get_timeline_record", {"record_id": "P1"}, "GET /timeline/P1"),
    Row(
        "teamoclock_get_timeline_record",
        {"record_id": "latest", "team": "platform", "type": "retro"},
        "GET /timeline/R319",
    ),
    Row("teamoclock_delete_timeline_record", {"record_id": "P1"}, "DELETE /timeline/P1"),
]
