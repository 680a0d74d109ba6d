package dev.gossamer.fl.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * Why a file could not be read or written, in words. What the JDK throws for the commonest reasons has the file for its message
 * and the reason in the name of its class.
 */
public final class FileReason {

    private FileReason() {}

    /**
     * Such as {@code /data/run/metrics.jsonl: permission denied}; the file may be another one than was asked for.
     *
     * @param failure an {@link IOException}, one that an {@link UncheckedIOException} only wraps, or what has a message of its
     *     own, which speaks for itself
     */
    public static String of(Exception failure) {
        if (failure instanceof UncheckedIOException
                && failure.getCause() instanceof IOException cause
                && cause.toString().equals(failure.getMessage())) {
            return of(cause);
        }
        if (failure instanceof FileSystemException system && system.getReason() == null) {
            return system.getFile() + ": " + what(system);
        }
        if (failure instanceof CharacterCodingException) {
            return "no text in UTF-8";
        }
        if (failure instanceof EOFException && failure.getMessage() == null) {
            return "it ends too early";
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    private static String what(FileSystemException failure) {
        return switch (failure) {
            case AccessDeniedException denied -> "permission denied";
            case NoSuchFileException missing -> "no such file or folder";
            case FileAlreadyExistsException exists -> "it is there already";
            case NotDirectoryException file -> "it is no folder";
            case DirectoryNotEmptyException full -> "the folder is not empty";
            case FileSystemLoopException loop -> "its links lead back to it";
            default -> failure.getClass().getSimpleName();
        };
    }
}
