package dev.gossamer.engine;

/**
 * The memory of a device does not suffice. What failed has changed nothing; the workspace serves as before, and what was asked
 * for may be asked for again when memory was given back, by closing another workspace for instance.
 */
public final class OutOfDeviceMemoryException extends EngineException {

    private static final long serialVersionUID = 1L;

    /** An error that names what the memory was for, how much it takes, how much is left, and the remedy. */
    public OutOfDeviceMemoryException(String message) {
        super(message);
    }
}
