/* Writes the access log. */
#include "http/access.h"

#include <arpa/inet.h>

#include <microhttpd.h>

#include "base/steady.h"
#include "http/http_server.h"
#include "log/log.h"

static bool is_wanted(const struct exchange *exchange)
{
	return exchange->server->access_log || log_is_wanted(LOG_LEVEL_DEBUG);
}

/* An IPv4 client of a socket for both is shown as such. */
static const char *address_of(const struct exchange *exchange, char *text, socklen_t size)
{
	const struct sockaddr *address =
		MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
			->client_addr;
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;

	if (address->sa_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text,
				 size);
	if (IN6_IS_ADDR_V4MAPPED(v6))
		return inet_ntop(AF_INET, &v6->s6_addr[12], text, size);
	return inet_ntop(AF_INET6, v6, text, size);
}

void access_log(const struct exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	char address[INET6_ADDRSTRLEN] = "";

	if (!is_wanted(exchange))
		return;
	address_of(exchange, address, sizeof(address));
	log_info("request.answered", LOG_SLICE("http.request.method", request->method),
		 LOG_SLICE("url.original", exchange->target),
		 LOG_NUMBER("http.response.status_code", request->status),
		 LOG_NUMBER("event.duration", steady_ns() - exchange->began_ns),
		 LOG_TEXT("client.ip", address),
		 LOG_NUMBER("http.request.body.bytes", exchange->body_received),
		 LOG_NUMBER("http.response.body.bytes", request->out.len),
		 LOG_SLICE("trace.id", request->id));
}
