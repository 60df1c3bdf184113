/* address.c - link-local addresses; see address.h. */
#include "lib/http/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static bool is_link_local_4(uint32_t host_order)
{
	return host_order >> 16 == 0xa9fe || host_order == 0x646464c8;
}

static bool is_link_local_6(const struct in6_addr *address)
{
	static const unsigned char aws[16] = {0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
	const unsigned char *b = address->s6_addr;
	uint32_t inner = (uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15];

	if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
		return is_link_local_4(inner);
	return IN6_IS_ADDR_LINKLOCAL(address) || memcmp(b, aws, sizeof(aws)) == 0;
}

bool address_is_link_local(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_link_local_4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		return is_link_local_6(&v6.sin6_addr);
	}
	return false;
}
