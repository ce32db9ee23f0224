/* The handlers that routes.c names: see struct route_method for what each is for. */
#pragma once

#include "api/call.h"

/* hyperties.c */
int hyperties_put(struct api_call *call);
int hyperties_update(struct api_call *call);
int hyperties_delete(struct api_call *call);
int hyperties_get(struct api_call *call);
int hyperties_get_of_user(struct api_call *call);
int hyperties_list_by_user(struct api_call *call);
int hyperties_list_by_guid(struct api_call *call);
int hyperties_list_by_email(struct api_call *call);
int hyperties_search_by_email(struct api_call *call);
void hyperties_answer_put(struct api_call *call, int outcome);
void hyperties_answer_update(struct api_call *call, int outcome);
void hyperties_answer_delete(struct api_call *call, int outcome);
void hyperties_answer_read(struct api_call *call, int outcome);

/* data_objects.c */
int data_objects_put(struct api_call *call);
int data_objects_put_by_url(struct api_call *call);
int data_objects_update(struct api_call *call);
int data_objects_delete(struct api_call *call);
int data_objects_get(struct api_call *call);
int data_objects_search_by_url(struct api_call *call);
int data_objects_list_by_name(struct api_call *call);
int data_objects_search_by_name(struct api_call *call);
int data_objects_list_by_reporter(struct api_call *call);
int data_objects_search_by_reporter(struct api_call *call);
void data_objects_answer_put(struct api_call *call, int outcome);
void data_objects_answer_update(struct api_call *call, int outcome);
void data_objects_answer_delete(struct api_call *call, int outcome);
void data_objects_answer_read(struct api_call *call, int outcome);

/* updates.c */
int updates_take(struct api_call *call);
void updates_answer(struct api_call *call, int outcome);
void updates_settle(struct api_call *call, bool sent);

/* service.c */
int service_home(struct api_call *call);
int service_live(struct api_call *call);
int service_ready(struct api_call *call);
int service_error(struct api_call *call);
int service_metrics(struct api_call *call);

/* export.c */
int export_show(struct api_call *call);
void export_answer(struct api_call *call, int outcome);
void export_settle(struct api_call *call, bool sent);

/* overview.c */
int overview_home(struct api_call *call);
int overview_show(struct api_call *call);
void overview_answer(struct api_call *call, int outcome);
void overview_settle(struct api_call *call, bool sent);
