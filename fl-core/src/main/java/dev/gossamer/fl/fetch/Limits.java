package dev.gossamer.fl.fetch;

/**
 * What may come out of an archive.
 *
 * @param entries number of files and folders
 * @param entryBytes bytes of one file
 * @param bytes bytes of all files
 */
public record Limits(int entries, long entryBytes, long bytes) {

    /** For what is no archive. */
    static final Limits NONE = new Limits(0, 0, 0);
}
