/* address_test.c - ranges by RFC 3927 and RFC 4291; the metadata servers' addresses as their clouds document them. */
#include "lib/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_refused(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_link_local((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_link_local((const struct sockaddr *)&v6);
}

static void link_local_addresses_are_told_from_others(void **state)
{
	static const char *const refused[] = {"169.254.169.254", "169.254.0.0",   "169.254.255.255",	   "100.100.100.200",
					      "fe80::1",	 "febf:ffff::1",  "::ffff:169.254.169.254", "::ffff:a9fe:1",
					      "::169.254.169.254", "fd00:ec2::254"};
	static const char *const allowed[] = {"127.0.0.1", "169.253.255.255", "169.255.0.0", "10.0.0.1", "192.168.1.1",
					      "100.100.100.201", "::1", "fec0::1", "fd00:ec2::253", "2001:db8::a9fe:a9fe",
					      "::ffff:127.0.0.1"};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!is_refused(refused[i]))
			fail_msg("%s is let through", refused[i]);
	}
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (is_refused(allowed[i]))
			fail_msg("%s is refused", allowed[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(link_local_addresses_are_told_from_others)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
