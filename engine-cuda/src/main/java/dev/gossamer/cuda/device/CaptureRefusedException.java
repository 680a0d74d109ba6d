package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;

/** A call that cannot become part of a graph, made while one was captured; nothing has changed. */
final class CaptureRefusedException extends EngineException {

    private static final long serialVersionUID = 1;

    CaptureRefusedException(String message) {
        super(message);
    }
}
