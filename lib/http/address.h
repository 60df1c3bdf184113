/*
 * address.h - addresses that a call of a stranger's definition must not reach.
 *
 * Link-local addresses are those of the machine's own surroundings: 169.254.0.0/16 (RFC 3927), fe80::/10 (RFC 4291, 2.5.6).
 * In a cloud the metadata server is there, and gives tokens to whoever asks: 169.254.169.254, on Google Cloud, AWS and
 * Azure; fd00:ec2::254 on AWS; 100.100.100.200 on Alibaba Cloud.
 *
 * Depends on nothing. Pure; any thread.
 */
#ifndef LIB_HTTP_ADDRESS_H
#define LIB_HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Also when an IPv4 address is written as an IPv6 one (::ffff:169.254.169.254). */
bool address_is_link_local(const struct sockaddr *address);

#endif
