package dev.gossamer.spark;

import java.io.Serializable;

/**
 * A client whose turn it is: the elements of the RDD.
 *
 * @param memory what it remembers, empty for most methods
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
record Turn(int client, byte[] memory) implements Serializable {}
